// Finding: what the palette makes of what was written.

const PART = /^[A-Za-z0-9_-]{1,64}$/;

/** Those whose name has all the words, in the order in which they stand. */
export function matching<T extends { name: string }>(text: string, choices: T[]): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}

/** The filter that finds twins by what was written; null where it is no name of one yet. */
export function searchOf(text: string): string | null {
  const written = text.trim();
  if (written.length < 2 || /["\\*]/.test(written)) return null;
  const [kind = "", key, ...more] = written.split("/");
  if (key !== undefined) {
    if (more.length > 0 || !PART.test(kind) || !(key === "" || PART.test(key))) return null;
    return `kind = ${kind}${key === "" ? "" : ` and key ~ "${key}*"`}`;
  }
  return `key ~ "${written}*" or name ~ "*${written}*"`;
}
