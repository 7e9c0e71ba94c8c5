import type { AwsFiles, Section } from "./aws_files.ts";
import { failedOne, type Incoming, type Plan, type Skipped } from "./plan.ts";
import { keysSource, networkOf } from "./settings.ts";

/** Sections of the credentials file with keys. */
export function namesWithKeys({ credentials }: AwsFiles): string[] {
  return [...credentials].filter(([, section]) => holdsKey(section)).map(([name]) => name);
}

export function holdsKey(section: Section | undefined): boolean {
  return section?.has("aws_access_key_id") === true ||
    section?.has("aws_secret_access_key") === true;
}

/** The keys of `~/.aws/credentials` as profiles, with the config file's regions. */
export function planAwsCredentials(files: AwsFiles, names: ReadonlyMap<string, string>): Plan {
  const incoming: Incoming[] = [];
  const skipped: Skipped[] = [];
  for (const [from, name] of names) {
    skipped.push(...files.leftOut.credentials.filter((each) => each.from === from));
    const own = files.credentials.get(from);
    if (!own) continue;
    if (!holdsKey(own)) {
      skipped.push({ from, why: "contains no keys", failed: false });
      continue;
    }
    const id = own.get("aws_access_key_id");
    const secret = own.get("aws_secret_access_key");
    if (own.has("aws_session_token")) {
      skipped.push({ from, why: "its keys are temporary", failed: false });
    } else if (id === undefined || secret === undefined) {
      const missing = id === undefined ? "aws_access_key_id" : "aws_secret_access_key";
      skipped.push({ from, why: `${missing} is missing`, failed: true });
    } else {
      try {
        const network = networkOf(new Map([...files.config.get(from) ?? [], ...own]));
        const source = keysSource(id, secret);
        const profile = { name, source, roleArns: [], role: {}, network };
        incoming.push({ from, name, roleArn: undefined, profile });
      } catch (error) {
        skipped.push(failedOne(from, error));
      }
    }
  }
  return { incoming, skipped };
}
