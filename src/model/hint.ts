/** What to do next: text, or text with parts that depend on the profile. */
export type Hint = string | readonly (string | ProfilePart)[];

/** Code that explains an AWS response does not know the profile, but its caller does. */
export interface ProfilePart {
  readonly profile: "name" | "subject" | "exec" | "exec --rotate";
}

/** The name, in a command. */
export const profileName: ProfilePart = { profile: "name" };
/** How a sentence refers to it. */
export const theProfile: ProfilePart = { profile: "subject" };
/** The command that signs in. */
export const execCommand: ProfilePart = { profile: "exec" };
/** The command that forces a new sign-in. */
export const rotateCommand: ProfilePart = { profile: "exec --rotate" };

/** The profile that a failure concerns. */
export interface ProfileAtHand {
  /** Absent for settings that are not stored. */
  readonly name?: string;
  /** False for a new profile: the command to sign in is then the one that was typed. */
  readonly isSaved: boolean;
}

/** Tagged template: hint`sign in again: ${rotateCommand}`. */
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
