// An answer that serves everybody who asks within a moment: what is costly to ask and not worth asking for each reader.

/** `look`, asked at most once in `ms` for each key. A failure serves only those who waited for it. */
export function fresh<T>(ms: number, look: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return async (key) => {
    const known = answers.get(key);
    if (known !== undefined) return await known;
    const answer = look(key);
    answers.set(key, answer);
    const forget = (): void => void answers.delete(key);
    setTimeout(forget, ms).unref();
    answer.catch(forget);
    return await answer;
  };
}
