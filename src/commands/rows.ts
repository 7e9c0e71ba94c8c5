import { accountOf, roleNameOf } from "../model/arn.ts";
import { rfc3339, type Session } from "../model/credentials.ts";
import { formatTimeLeft } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import { endpointOf } from "../session/network.ts";
import type { System } from "../system/system.ts";

/** What `ls` says of a profile; programs get the same as JSON. */
export interface Row {
  readonly name: string;
  readonly source: string;
  readonly account: string | null;
  readonly role: string | null;
  /** Host of the STS endpoint. */
  readonly endpoint: string | null;
  /** RFC 3339; nothing when there is no session. */
  readonly expires: string | null;
  /** Milliseconds of life left. */
  readonly left: number | null;
}

export function rowOf(system: System, profile: Profile, session: Session | undefined): Row {
  const roleArn = profile.roleArns.at(-1);
  const arn = session?.arn ?? roleArn;
  return {
    name: profile.name,
    source: profile.source.kind === "profile" ? `from ${profile.source.from}` : profile.source.kind,
    account: session?.account ?? (arn === undefined ? null : accountOf(arn) ?? null),
    role: arn === undefined ? null : roleNameOf(arn) ?? null,
    endpoint: hostOf(system, profile),
    expires: session ? rfc3339(session.expires) : null,
    left: session ? session.expires - system.now() : null,
  };
}

/** A region in the environment that does not suit the profile must not keep `ls` from listing it. */
function hostOf(system: System, profile: Profile): string | null {
  try {
    return new URL(endpointOf(system, profile).url).host;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

export const header: readonly string[] = [
  "NAME",
  "SOURCE",
  "ACCOUNT",
  "ROLE",
  "ENDPOINT",
  "EXPIRES",
];

export function profileRow(
  system: System,
  profile: Profile,
  session: Session | undefined,
): readonly string[] {
  const { name, source, account, role, endpoint, left } = rowOf(system, profile, session);
  const expires = left === null ? "-" : formatTimeLeft(left);
  return [name, source, account ?? "-", role ?? "-", endpoint ?? "-", expires];
}

/** Aligned columns on a terminal, the last one red when it has run out; else fields between tabs. */
export function tableText(
  system: System,
  rows: readonly (readonly string[])[],
  onTerminal: boolean,
): string {
  if (!onTerminal) return rows.map((row) => row.join("\t") + "\n").join("");
  const widths = header.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const colour = !system.env.get("NO_COLOR");
  return rows.map((row) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
    return (colour && row.at(-1) === "expired"
      ? line.replace(/expired$/, "\x1b[31mexpired\x1b[0m")
      : line) + "\n";
  }).join("");
}
