export interface Values {
  has(name: string): boolean;
  text(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly given: readonly string[];
  /** The same with only this value of an option. */
  with(name: string, value: string): Values;
  /** The same, as if these options were defined but not given. */
  without(names: readonly string[]): Values;
}

/** Reading an option that the command does not define is a bug, so it throws an ordinary error. */
export function valuesOf(
  read: ReadonlyMap<string, readonly string[]>,
  known: ReadonlySet<string>,
): Values {
  const all = (name: string) => {
    if (!known.has(name)) throw new Error(`this command has no option --${name}`);
    return read.get(name) ?? [];
  };
  return {
    has: (name) => all(name).length > 0,
    text: (name) => all(name).at(-1),
    all,
    given: [...read.keys()],
    with: (name, value) => {
      all(name);
      return valuesOf(new Map(read).set(name, [value]), known);
    },
    without: (names) =>
      valuesOf(
        new Map([...read].filter(([name]) => !names.includes(name))),
        new Set([...known, ...names]),
      ),
  };
}
