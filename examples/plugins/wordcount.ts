// A job type of one's own: counts the words of a file. It makes a plan for a process, so it runs wherever processes run.
//
//   type: wordcount
//   config: { file: ./article.txt, top: 3 }
//   outputs: { words: { type: int }, top: { type: json } }
import { z } from 'zod';
import type { JobType } from '../../src/jobtypes/contract.ts';
import { fetchWord, processPlan } from '../../src/jobtypes/process.ts';
import { fileRef } from '../../src/specs/fields.schema.ts';

const config = z.strictObject({
  file: fileRef.meta({ description: 'The text to count.' }),
  top: z.int().min(1).max(100).default(10).meta({ description: 'How many of the most frequent words to name. Default 10.' }),
});

// The file and the number are arguments: no text of a user ever becomes code.
const COUNT = `
import collections, json, os, re, sys
words = re.findall(r"\\w+", open(sys.argv[1], encoding="utf-8").read().lower())
with open(os.environ["LONGSHORE_OUTPUT"], "a") as output:
    print(f"words={len(words)}", file=output)
    print("top=" + json.dumps(collections.Counter(words).most_common(int(sys.argv[2]))), file=output)
`;

const wordcount: JobType<z.infer<typeof config>> = {
  type: 'wordcount',
  config,
  template: 'process',
  async prepare(container) {
    const file = await fetchWord(container, container.config.file);
    return processPlan(container, ['python3', '-c', COUNT, file, String(container.config.top)]);
  },
  async check(_container, _context, observation) {
    return observation.progress?.startsWith('stuck') === true ? 'the counter says that it is stuck' : undefined;
  },
};
export default wordcount;
