/** The options that were given, by name. */
export interface Values {
  /** True when the option was given. */
  has(name: string): boolean;
  /** Its value, or nothing when it was not given. */
  text(name: string): string | undefined;
  /** Its values in the order they were given. */
  all(name: string): readonly string[];
  /** Names of all that were given. */
  readonly given: readonly string[];
  /** The same with one value more. */
  with(name: string, value: string): Values;
}

/**
 * Values over what was read. Asking for an option that the command does not have is a mistake in the
 * program, not of the person, so it is an ordinary error.
 */
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
    with: (name, value) => valuesOf(new Map(read).set(name, [...all(name), value]), known),
  };
}
