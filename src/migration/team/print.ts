/** What a file says about each profile: options of `athm aws add` and their values. */
export type TeamProfiles = ReadonlyMap<string, TeamValues>;
export type TeamValues = ReadonlyMap<string, readonly string[]>;

/** The file that `parseTeamFile` reads back. */
export function printTeamFile(profiles: TeamProfiles, serial: number): string {
  const lines = ["athm: 1", `serial: ${serial}`, profiles.size ? "profiles:" : "profiles: {}"];
  for (const [name, fields] of profiles) {
    lines.push(`  ${scalar(name)}:`);
    for (const [field, values] of fields) {
      const [first = "", ...more] = values;
      if (!more.length) lines.push(`    ${field}: ${scalar(first)}`);
      else lines.push(`    ${field}:`, ...values.map((each) => `      - ${scalar(each)}`));
    }
  }
  return lines.join("\n") + "\n";
}

/** Quoted, unless every reader of YAML takes it as the same text. */
function scalar(text: string): string {
  return /^[A-Za-z](?:[A-Za-z0-9_./@=+:-]*[A-Za-z0-9_./@=+-])?$/.test(text) &&
      !/^(?:y|n|yes|no|on|off|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
