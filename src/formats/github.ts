import type { Format } from "./format.ts";

/**
 * For a step in GitHub Actions: standard output masks the values in the job's log, and the file named
 * by the runner sets variables for later steps. Masks come first, so that no value is logged unmasked.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export const github: Format = {
  name: "github",
  help: "GitHub Actions, for later steps",
  load: "athm aws export example --format github",
  print: ({ session }) =>
    [session.accessKeyId, session.secretAccessKey.reveal(), session.sessionToken.reveal()]
      .map((value) => `::add-mask::${escaped(value)}\n`).join(""),
  remove: { why: "GitHub Actions keeps variables until the job ends" },
  file: {
    variable: "GITHUB_ENV",
    owner: "a step in GitHub Actions",
    // The delimiter is unguessable, so no value can terminate itself and set other variables.
    print: ({ set }, mark) =>
      Object.entries(set).map(([name, value]) => `${name}<<${mark}\n${value}\n${mark}\n`).join(""),
  },
};

/** Escapes a value for a one-line workflow command; the runner decodes it. */
function escaped(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
