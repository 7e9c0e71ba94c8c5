import { powershell } from "../../../system/powershell.ts";
import type { System } from "../../../system/system.ts";
import { askHelper, type Keychain, notKept } from "./keychain.ts";

const title = "Windows data protection";

/** DPAPI: Windows encrypts the key for the user's login and returns it. */
export const windowsProtection: Keychain = {
  kind: "dpapi",
  title,
  keeps: false,
  absent: () => undefined,
  async save(system, _item, secret, seconds) {
    const bytes = new TextEncoder().encode(secret);
    const saved = await run(system, "Protect", bytes.toBase64(), seconds);
    bytes.fill(0);
    if (saved === undefined) throw notKept(windowsProtection);
    return saved;
  },
  async load(system, _item, saved, seconds) {
    const bytes = await run(system, "Unprotect", saved, seconds);
    return bytes === undefined ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(bytes));
  },
  clear: () => Promise.resolve(true),
};

/** The bytes come by stdin. */
function script(verb: "Protect" | "Unprotect"): string {
  return [
    "$ErrorActionPreference = 'Stop'",
    "Add-Type -AssemblyName System.Security",
    "$given = [Convert]::FromBase64String([Console]::In.ReadLine())",
    `$made = [Security.Cryptography.ProtectedData]::${verb}($given, $null, 'CurrentUser')`,
    "[Console]::Out.Write([Convert]::ToBase64String($made))",
  ].join("; ");
}

async function run(
  system: System,
  verb: "Protect" | "Unprotect",
  base64: string,
  seconds: number,
): Promise<string | undefined> {
  const input = `${base64}\r\n`;
  const { code, stdout } = await askHelper(system, { ...powershell(script(verb)), input, seconds });
  const made = stdout.trim();
  return code === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(made) ? made : undefined;
}
