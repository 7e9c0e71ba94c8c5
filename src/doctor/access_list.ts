import { quotePowershell } from "../formats/powershell.ts";
import { onFailure } from "../model/failure.ts";
import { storeVariables } from "../model/variables.ts";
import { powershell } from "../system/powershell.ts";
import type { System } from "../system/system.ts";
import { type Finding, warning } from "./check.ts";

/**
 * Warns of others who have access to a folder on Windows, where the access control list decides.
 * Administrators and the system are trusted: they can read everything anyway.
 */
export async function accessFindings(system: System, folder: string): Promise<readonly Finding[]> {
  if (system.platform !== "windows" || !system.files.facts(folder)) return [];
  const printed = await descriptorOf(system, folder);
  const [own = "", sddl = ""] = printed?.split(/\r?\n/) ?? [];
  const others = isSid(own) ? foreignTrustees(sddl, own) : undefined;
  if (others === undefined) {
    return [warning("the folder's access list cannot be read", icacls(folder))];
  }
  return others.map((trustee) =>
    warning(
      `${wellKnown[trustee]?.name ?? trustee} has access to ${folder}`,
      removal(folder, own, wellKnown[trustee]?.sid ?? trustee),
    )
  );
}

/** Prints the user's SID and the folder's security descriptor in SDDL, one per line. */
const script = [
  "$ErrorActionPreference = 'Stop'",
  "$given = [Convert]::FromBase64String([Console]::In.ReadLine())",
  "$path = [Text.Encoding]::UTF8.GetString($given)",
  "[Console]::Out.WriteLine([Security.Principal.WindowsIdentity]::GetCurrent().User.Value)",
  "[Console]::Out.WriteLine((Get-Acl -LiteralPath $path).Sddl)",
].join("; ");

async function descriptorOf(system: System, folder: string): Promise<string | undefined> {
  const { unset, ...program } = powershell(script);
  const outcome = await system.children.help({
    ...program,
    input: `${new TextEncoder().encode(folder).toBase64()}\r\n`,
    seconds: 2,
    bytes: 65_536,
    set: {},
    unset: [...storeVariables, ...unset],
    quiet: true,
  }).catch(onFailure(undefined));
  return outcome?.code === 0 ? outcome.stdout : undefined;
}

/** Groups that often have access to a folder, by SDDL abbreviation. */
const wellKnown: Readonly<Record<string, { readonly name: string; readonly sid: string }>> = {
  WD: { name: "Everyone", sid: "S-1-1-0" },
  NU: { name: "Network", sid: "S-1-5-2" },
  IU: { name: "Interactive", sid: "S-1-5-4" },
  AN: { name: "Anonymous", sid: "S-1-5-7" },
  AU: { name: "Authenticated Users", sid: "S-1-5-11" },
  BU: { name: "Users", sid: "S-1-5-32-545" },
  BG: { name: "Guests", sid: "S-1-5-32-546" },
};

/** Owner, group, and the flags and entries of the access list; the rest is for auditing. */
const descriptor =
  /^O:(S-[\d-]+|[A-Z]{2})(?:G:(?:S-[\d-]+|[A-Z]{2}))?(?:D:([A-Z_]*)((?:\([^()]*\))*))?(?:S:.*)?$/;

/** The system, administrators, and the owner of each file in the folder. */
const trusted = ["SY", "BA", "LA", "CO", "OW", "S-1-5-18", "S-1-5-32-544", "S-1-3-0", "S-1-3-4"];

/**
 * The owner and the trustees with rights in a security descriptor, without `own` and the trusted ones:
 * SDDL abbreviations or SIDs, without duplicates. Undefined if it is not SDDL, or has entries that athm
 * does not evaluate (conditional ones).
 *
 * https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
 */
export function foreignTrustees(sddl: string, own: string): readonly string[] | undefined {
  if (sddl.length > 65_536) return undefined;
  const parts = descriptor.exec(sddl.trim());
  if (!parts) return undefined;
  const [, owner = "", flags, entries = ""] = parts;
  // Windows grants everyone full access if there is no list.
  if (flags === undefined || flags.includes("NO_ACCESS_CONTROL")) return ["WD"];
  const found = new Set([owner]);
  for (const [, entry = ""] of entries.matchAll(/\(([^()]*)\)/g)) {
    const [type, , , , , trustee, ...more] = entry.split(";");
    if (!trustee || more.length > 0 || !(/^[A-Z]{2}$/.test(trustee) || isSid(trustee))) {
      return undefined;
    }
    if (type === "A" || type === "OA") found.add(trustee);
    else if (type !== "D" && type !== "OD") return undefined;
  }
  return [...found].filter((trustee) => trustee !== own && !trusted.includes(trustee));
}

function isSid(text: string): boolean {
  return /^S-1(-\d{1,15}){1,16}$/.test(text);
}

function removal(folder: string, own: string, sid: string): string | undefined {
  if (!isSid(sid)) return undefined;
  const keep = `/inheritance:r /grant:r '*${own}:(OI)(CI)F'`;
  return `${icacls(folder)} ${keep} /remove:g '*${sid}'`;
}

function icacls(folder: string): string {
  return `icacls (${quotePowershell(folder)})`;
}
