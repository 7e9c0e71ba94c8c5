import { Failure } from "../model/failure.ts";

/**
 * Hints of the lower rooms say NAME where they cannot know which profile it is: here it is known. What
 * stands behind a colon or a slash is a part of something else, as in `env:NAME` and `mfa/NAME`.
 */
export function named(error: unknown, name: string): unknown {
  return hinted(error, (hint) => hint.replaceAll(/(?<![:/\w])NAME\b/g, () => name));
}

/** Where there is no profile yet, or never: what signs in is the command that was typed. */
export function unnamed(error: unknown): unknown {
  return hinted(
    error,
    (hint) =>
      hint.replaceAll(/athm aws exec NAME(?: --rotate)?/g, "the same command")
        .replaceAll("what NAME starts from", "what it starts from"),
  );
}

function hinted(error: unknown, reword: (hint: string) => string): unknown {
  if (!(error instanceof Failure) || !error.hint?.includes("NAME")) return error;
  const { code, message, hint, cause } = error;
  return new Failure(code, message, reword(hint), { cause });
}
