import { rfc3339 } from "../../../model/credentials.ts";
import { formatDuration, parseDuration } from "../../../model/duration.ts";
import { usage } from "../../../model/failure.ts";
import { defined } from "../../../model/fields.ts";
import type { Command, Line } from "../../../line/command.ts";
import {
  artifactToken,
  checkDomain,
  checkRepository,
  packageManagers,
  repositoryEndpoint,
} from "../../../tokens/codeartifact.ts";
import { handingOut, tokenOptions, tokenOrigin } from "./origin.ts";

/** Seconds. */
const durations = { least: 900, most: 43_200 };
const taken = ["duration"];
const managers = Object.entries(packageManagers);

/** `athm aws token codeartifact --domain D [NAME]`: prints a token for package managers. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "domain", value: "D", help: "CodeArtifact domain; required" },
    { name: "owner", value: "ACCOUNT", help: "account that owns the domain (default: your own)" },
    { name: "repository", value: "REPOSITORY", help: "repository, for the options below" },
    ...managers.map(([name, { help }]) => ({ name, help })),
    { name: "json", help: "print a JSON object with the time of expiry" },
    { name: "duration", value: "TIME", help: "how long the token is valid (default 12h)" },
    ...tokenOptions("region of the domain", ...taken),
  ],
  examples: [
    "athm aws token codeartifact --domain acme example",
    "athm aws token codeartifact --domain acme --repository main --npm example",
  ],
  work: async (line, system) => {
    const { values } = line;
    const { domain, owner, manager, repository } = domainIn(line);
    const seconds = durationIn(values.text("duration"));
    const origin = await tokenOrigin(line, system, line.operands, { offer: true, taken });
    const place = { domain, owner, region: origin.region };
    return await handingOut(system, origin, "codeartifact", async () => {
      const endpoint = manager && repository !== undefined
        ? await repositoryEndpoint(system, origin, place, repository, manager.format)
        : undefined;
      const { token, expires } = await artifactToken(system, origin, place, seconds);
      if (manager && endpoint !== undefined) {
        return manager.print(endpoint, token, `${domain}-${repository}`);
      }
      const text = token.reveal();
      if (!values.has("json")) return `${text}\n`;
      return JSON.stringify({ token: text, expires: rfc3339(expires) }, undefined, 2) + "\n";
    });
  },
};

/** @throws {Failure} `usage` */
function domainIn({ values }: Line) {
  const domain = values.text("domain");
  if (domain === undefined) throw usage("--domain is required", "name the domain: --domain D");
  const owner = values.text("owner");
  checkDomain(domain, owner);
  const given = [...managers.map(([name]) => name), "json"].filter((name) => values.has(name));
  if (given.length > 1) throw usage(`--${given[0]} and --${given[1]} cannot be combined`);
  const manager = packageManagers[given[0] ?? ""];
  const repository = values.text("repository");
  if (manager && repository === undefined) {
    throw usage(`--${given[0]} requires --repository`, "name the repository: --repository R");
  }
  if (!manager && repository !== undefined) {
    throw usage("--repository requires --npm, --pip or --maven");
  }
  if (repository !== undefined) checkRepository(repository);
  return defined({ domain, owner, manager, repository });
}

function durationIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text, "--duration");
  const { least, most } = durations;
  if (seconds >= least && seconds <= most) return seconds;
  throw usage(
    `--duration ${text}: a token is valid for ${formatDuration(least)} to ${formatDuration(most)}`,
  );
}
