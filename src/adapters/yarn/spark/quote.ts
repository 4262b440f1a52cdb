// How text survives the script by which a NodeManager starts a container. It has two places for it:
//   exec /bin/bash -c "COMMAND"      read by bash twice, first inside double quotes
//   export NAME="VALUE"              read once, inside double quotes
// and the NodeManager itself replaces <LOG_DIR>, <CPS>, {{NAME}} and their like in both before.
// Spark's own escapeForShell knows $, " and ' only.

const inDoubleQuotes = (text: string): string => text.replace(/[\\$`"]/g, '\\$&');

/** One word of a container's command, byte for byte. */
export function commandWord(text: string): string {
  // Two empty quotes after each of these leave the NodeManager nothing to replace.
  const word = `'${text.replaceAll("'", "'\\''").replace(/[<{}]/g, "$&''")}'`;
  return inDoubleQuotes(word);
}

/** The value of a container's environment variable, byte for byte. */
export const environmentValue = (text: string): string => inDoubleQuotes(text).replace(/[<{}](?=.)/gs, '$&""');

/** Whether Spark, which quotes less, would hand the word on as it is. */
export const survivesSpark = (text: string): boolean => !/`|\\[\\$"`\n]|\\$|\{\{|\}\}|<[A-Z_]+>/.test(text);

/** Words of a line of options, with quotes and backslashes as Spark reads them. */
export function splitOptions(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '\\' && quote !== "'" && at + 1 < line.length) word = (word ?? '') + line[++at]!;
    else if (quote === undefined && (char === '"' || char === "'")) [quote, word] = [char, word ?? ''];
    else if (char === quote) quote = undefined;
    else if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  return word === undefined ? words : [...words, word];
}

/** A line for a POSIX shell that sets a variable, byte for byte. */
export const exportLine = (name: string, value: string): string => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`;
