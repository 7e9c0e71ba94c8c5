/** What to do next: text, or text with parts that depend on the profile. */
export type Hint = string | readonly (string | ProfilePart)[];

/**
 * A part that depends on which profile it is for. Whoever writes a hint about an answer of AWS's does
 * not know; whoever asked for the profile's session does.
 */
export interface ProfilePart {
  readonly profile: "name" | "subject" | "exec" | "exec --rotate";
}

/** Its name, within a command. */
export const profileName: ProfilePart = { profile: "name" };
/** What a sentence calls it. */
export const theProfile: ProfilePart = { profile: "subject" };
/** The command that signs in. */
export const execCommand: ProfilePart = { profile: "exec" };
/** The command that signs in again, though there is a session. */
export const rotateCommand: ProfilePart = { profile: "exec --rotate" };

/** The profile that a failure is about, as far as it is one. */
export interface ProfileAtHand {
  /** Absent where there is none, and never will be: credentials for settings that are not kept. */
  readonly name?: string;
  /** False where it is about to be made: what signs in is then the command that was typed. */
  readonly isSaved: boolean;
}

/** A hint in the words of a template: hint`sign in again: ${rotateCommand}`. */
export function hint(
  texts: TemplateStringsArray,
  ...values: readonly (Hint | ProfilePart)[]
): Hint {
  return texts.flatMap((text, at) => {
    const value = values[at] ?? [];
    return [text, ...isList(value) ? value : [value]].filter((part) => part !== "");
  });
}

function isList(value: Hint | ProfilePart): value is Exclude<Hint, string> {
  return Array.isArray(value);
}
