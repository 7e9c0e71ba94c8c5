import { checkDuration, checkSessionName } from "../model/limits.ts";
import { parseEndpointUrl } from "../model/endpoint.ts";
import { usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { NetworkSettings, Profile, RolesAnywhereSource } from "../model/profile.ts";
import { anywhereEndpoint } from "../model/roles_anywhere.ts";
import { parseDuration } from "../model/duration.ts";
import { parsePkcs11Uri } from "../signin/certificate/pkcs11_uri.ts";
import { checkArns } from "../sources/roles_anywhere_settings.ts";
import { wordsIn } from "./process_command.ts";

interface HelperOption {
  readonly isSwitch?: boolean;
  /** Why athm has no such setting; completes a sentence about the profile. */
  readonly why?: string;
}

const inStore = "selects its certificate in the system's certificate store";
const inArgument = "has the password of its key on the command line";

/**
 * The helper's options. Switches without a reason need no setting: athm always uses the environment's
 * proxy, and asks for a PIN once.
 */
const options: ReadonlyMap<string, HelperOption> = new Map<string, HelperOption>([
  ["certificate", {}],
  ["private-key", {}],
  ["intermediates", {}],
  ["trust-anchor-arn", {}],
  ["profile-arn", {}],
  ["role-arn", {}],
  ["session-duration", {}],
  ["role-session-name", {}],
  ["region", {}],
  ["endpoint", {}],
  ["pkcs11-lib", {}],
  ["no-tpm-key-password", { isSwitch: true }],
  ["reuse-pin", { isSwitch: true }],
  ["with-proxy", { isSwitch: true }],
  ["debug", { isSwitch: true }],
  ["no-verify-ssl", { isSwitch: true, why: "turns off the verification of TLS certificates" }],
  ["cert-selector", { why: inStore }],
  ["system-store-name", { why: inStore }],
  ["use-latest-expiring-certificate", { isSwitch: true, why: inStore }],
  ["pkcs8-password", { why: inArgument }],
  ["tpm-key-password", { why: inArgument }],
]);

const isHelper =
  /^\s*(?:(["'])(?:[^"']*[/\\])?aws_signing_helper(?:\.exe)?\1|(?:\S*[/\\])?aws_signing_helper(?:\.exe)?)\s+credential-process(?=\s|$)/i;

/**
 * The settings of a `credential_process` that runs AWS's helper for IAM Roles Anywhere; nothing for
 * another program.
 *
 * @throws {Failure} `usage` for what athm cannot represent; quotes no value, which may be a password
 */
export function helperSettings(
  command: string,
  network: NetworkSettings,
): Pick<Profile, "source" | "roleArns" | "role"> | undefined {
  const start = isHelper.exec(command);
  if (!start) return undefined;
  const words = wordsIn(command.slice(start[0].length));
  if (!words) throw usage("runs aws_signing_helper with shell syntax, such as variables");
  const given = optionsIn(words);
  const needed = (name: string) => {
    const value = given.get(name);
    if (value) return value;
    throw usage(`runs aws_signing_helper without --${name}`);
  };
  const file = (name: string) => given.has(name) ? absolute(needed(name), name) : undefined;
  const arns = {
    trustAnchorArn: needed("trust-anchor-arn"),
    profileArn: needed("profile-arn"),
    roleArn: needed("role-arn"),
  };
  const region = checkArns(arns, "--profile-arn");
  if ((given.get("region") || region) !== region) {
    throw usage("has a --region that differs from the trust anchor's");
  }
  const endpoint = given.get("endpoint");
  const source: RolesAnywhereSource = defined({
    kind: "roles-anywhere" as const,
    trustAnchorArn: arns.trustAnchorArn,
    profileArn: arns.profileArn,
    certificate: absolute(needed("certificate"), "certificate"),
    chain: file("intermediates"),
    // Without one, the helper too reads the key from the certificate's file.
    ...given.has("private-key") ? keyOf(needed("private-key"), given) : {},
    endpointUrl: endpoint
      ? parseEndpointUrl(endpoint, "--endpoint").href.replace(/\/+$/, "")
      : undefined,
  });
  anywhereEndpoint(defined({ region, endpointUrl: source.endpointUrl }), network);
  const duration = given.get("session-duration");
  const sessionName = given.get("role-session-name");
  return {
    source,
    roleArns: [arns.roleArn],
    role: defined({
      duration: duration === undefined ? undefined : checkDuration(
        parseDuration(duration, "--session-duration"),
        "AssumeRole",
        "--session-duration",
      ),
      sessionName: sessionName ? checkSessionName(sessionName, "--role-session-name") : undefined,
    }),
  };
}

/** By name; a switch that is on has its name as the value. */
function optionsIn(words: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const [, name, inline] = /^--([a-z0-9-]+)(?:=([^]*))?$/.exec(words[at] ?? "") ?? [];
    if (name === undefined) {
      throw usage("runs aws_signing_helper with an argument that is not an option");
    }
    const option = options.get(name);
    if (!option) {
      throw usage(
        `runs aws_signing_helper with --${name.slice(0, 40)}, which athm does not support`,
      );
    }
    if (option.isSwitch && /^(?:false|f|0)$/i.test(inline ?? "")) {
      found.delete(name);
      continue;
    }
    if (option.why !== undefined) throw usage(`${option.why} (--${name})`);
    const value = option.isSwitch ? name : inline ?? words[++at];
    if (value === undefined) throw usage(`runs aws_signing_helper with --${name} without a value`);
    found.set(name, value);
  }
  return found;
}

function keyOf(
  text: string,
  given: ReadonlyMap<string, string>,
): Pick<RolesAnywhereSource, "privateKey" | "pkcs11" | "tpm" | "tpmPassword"> {
  if (text.startsWith("pkcs11:")) {
    const library = given.get("pkcs11-lib");
    const { module } = parsePkcs11Uri(text, "--private-key");
    if (!library || module !== undefined) return { pkcs11: text };
    const file = encodeURIComponent(absolute(library, "pkcs11-lib")).replaceAll("%2F", "/");
    const path = `module-path=${file}`;
    const pkcs11 = `${text}${text.includes("?") ? "&" : "?"}${path}`;
    parsePkcs11Uri(pkcs11, "--private-key");
    return { pkcs11 };
  }
  const [, handle] = /^handle:(.*)$/.exec(text) ?? [];
  if (handle === undefined) return { privateKey: absolute(text, "private-key") };
  if (!/^0x81[0-9a-f]{6}$/i.test(handle)) {
    throw usage("has a --private-key that is not a persistent handle of the TPM");
  }
  return {
    tpm: handle.toLowerCase(),
    ...given.has("no-tpm-key-password") && { tpmPassword: false },
  };
}

/** A relative path depends on the folder in which the helper runs. */
function absolute(path: string, option: string): string {
  if (/^(?:\/|[a-z]:[/\\]|\\\\)/i.test(path)) return path;
  throw usage(
    path.startsWith("pkcs11:")
      ? `has its --${option} in a token, from which athm reads only keys`
      : `has a relative path after --${option}`,
  );
}
