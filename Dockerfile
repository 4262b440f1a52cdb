# One image for every process of Longshore: docker run longshore api | scheduler | worker.
FROM node:24.21.0-bookworm-slim

# Python for jobs of type python; the tools of the local supervisor (setsid, setpriv, prlimit) are in the base image.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home longshore \
  && install --directory --owner=longshore /data /shared

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image has a Node of its own, so the one from npm is not needed.
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-*
COPY LICENSE ./
COPY bin bin
COPY src src
# The workflow bundle is made here, so that a read-only container starts as quickly.
RUN node --eval "import('/app/src/temporal/bundle.ts').then((bundle) => bundle.workflowBundle())"

USER longshore
ENV LONGSHORE_DATA=/data
VOLUME ["/data", "/shared"]
EXPOSE 7788
ENTRYPOINT ["node", "/app/bin/longshore.cjs"]
