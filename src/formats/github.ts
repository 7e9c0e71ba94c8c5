import type { Format } from "./format.ts";

/**
 * For a step of GitHub Actions: standard output has the runner hide the values in the log of the
 * job, and the variables of the steps that follow are added to the file that the runner names. The
 * values are hidden first, so that nothing can show them before.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export const github: Format = {
  name: "github",
  help: "GitHub Actions, for the steps that follow",
  load: "athm aws export example --format github",
  print: ({ session }) =>
    [session.accessKeyId, session.secretAccessKey.reveal(), session.sessionToken.reveal()]
      .map((value) => `::add-mask::${escaped(value)}\n`).join(""),
  remove: { why: "GitHub Actions keeps what was set until the job ends" },
  file: {
    variable: "GITHUB_ENV",
    owner: "a step of GitHub Actions",
    // Nobody can guess the mark, so no value can end its own text early and set other variables.
    print: ({ set }, mark) =>
      Object.entries(set).map(([name, value]) => `${name}<<${mark}\n${value}\n${mark}\n`).join(""),
  },
};

/** A workflow command is one line; these are read back by the runner. */
function escaped(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
