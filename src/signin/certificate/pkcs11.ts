import { Failure, quote } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import type { Certificate } from "./certificate.ts";
import { errorLine, type RunHelper } from "./helper.ts";
import type { Pkcs11Uri } from "./pkcs11_uri.ts";
import type { SignDigest } from "./signer.ts";

const program = "pkcs11-tool";
/** Names the PIN's variable, for pkcs11-tool alone: never an argument. */
const pinVariable = "KEY_PIN";

interface HardwareToken {
  readonly slot: string;
  readonly label: string;
  readonly needsPin: boolean;
  /** The reader has keys of its own, which athm does not see. */
  readonly hasPad: boolean;
  /** The last PIN was wrong; one more wrong PIN locks it; it is locked. */
  readonly pin: "good" | "low" | "final" | "locked";
  readonly facts: ReadonlyMap<string, string>;
}

/** SHA-256's identifier before a digest (RFC 8017, section 9.2). */
const digestInfo = Uint8Array.fromHex("3031300d060960864801650304020105000420");

/**
 * Signs with a key in a token, by OpenSC's pkcs11-tool.
 *
 * A wrong PIN counts, and a few lock the token. So each sign-in sends one, and a PIN from a file is
 * not sent again after a wrong one.
 *
 * @param pin the file's, or what the person types
 */
export function signedByToken(
  uri: Pkcs11Uri,
  { keyType }: Certificate,
  run: RunHelper,
  pin: {
    readonly fromFile: Secret | undefined;
    readonly ask: (question: string, warning: string) => Promise<Secret>;
  },
): SignDigest {
  const module = uri.module === undefined ? [] : ["--module", uri.module];
  const call = async (args: readonly string[], more: Partial<Parameters<RunHelper>[0]> = {}) =>
    await run({ command: program, args: [...module, ...args], captures: "all", ...more }).catch(
      missing,
    );
  return async (digest) => {
    const { stdout, code, captured } = await call(["--list-token-slots"]);
    if (code !== 0) throw failed(captured?.stderr ?? "", uri);
    const token = chosen(tokensIn(stdout), uri);
    const login = token.needsPin ? await pinFor(token, pin, [program, ...module]) : undefined;
    const isRsa = keyType === "rsa";
    const outcome = await call(
      [
        ...["--slot", token.slot, "--sign", "--mechanism", isRsa ? "RSA-PKCS" : "ECDSA"],
        ...isRsa ? [] : ["--signature-format", "openssl"],
        ...uri.id === undefined ? ["--label", uri.object ?? ""] : ["--id", uri.id],
        ...token.needsPin ? ["--login"] : [],
        ...login ? ["--pin", `env:${pinVariable}`] : [],
      ],
      {
        inputBytes: isRsa ? new Uint8Array([...digestInfo, ...digest]) : digest,
        ...login && { set: { [pinVariable]: login.reveal() } },
      },
    );
    const { bytes, stderr } = outcome.captured ?? { bytes: new Uint8Array(), stderr: "" };
    if (outcome.code === 0 && bytes.length > 0) return bytes;
    if (/CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE)/.test(stderr)) {
      const after = tokensIn((await call(["--list-token-slots"])).stdout);
      throw rejected(after.find(({ slot }) => slot === token.slot) ?? token);
    }
    throw failed(stderr, uri, token);
  };
}

/** Nothing if the person enters it on the reader's pad. */
async function pinFor(
  { label, hasPad, pin: state }: HardwareToken,
  { fromFile, ask }: Parameters<typeof signedByToken>[3],
  command: readonly string[],
): Promise<Secret | undefined> {
  if (state === "locked") throw locked(label);
  if (fromFile === undefined) {
    const warning = state === "final"
      ? "the last PIN was wrong, and another wrong one locks the token"
      : state === "low"
      ? "the last PIN was wrong"
      : "";
    const place = hasPad ? " (empty: on its PIN pad)" : "";
    const typed = await ask(`PIN of the token ${label}${place}`, warning);
    if (typed.reveal() !== "") return typed;
    if (hasPad) return undefined;
    throw new Failure("source", "no PIN was entered");
  }
  if (state === "good") return fromFile;
  throw new Failure(
    "source",
    `the last PIN for the token ${label} was wrong, so athm does not send the one of the file`,
    `enter the right PIN once: ${command.map(quote).join(" ")} --token-label ${
      quote(label)
    } --login --list-objects; then correct the file`,
  );
}

/** `Slot 0 (0x1): …`, then its facts, indented. */
export function tokensIn(listed: string): readonly HardwareToken[] {
  const tokens: { slot: string; facts: Map<string, string> }[] = [];
  for (const line of listed.slice(0, 64 * 1024).split(/\r?\n/)) {
    const [, slot] = /^Slot \d+ \((0x[0-9a-f]{1,16})\)/.exec(line) ?? [];
    if (slot !== undefined) tokens.push({ slot, facts: new Map() });
    const [, name, value] = /^ {2}([a-z /]+?) *: (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) tokens.at(-1)?.facts.set(name, value.trim());
  }
  return tokens.filter(({ facts }) => facts.has("token label")).map(({ slot, facts }) => {
    const flags = facts.get("token flags") ?? "";
    return {
      slot,
      facts,
      label: facts.get("token label")?.replace(/\p{C}+/gu, " ") ?? "",
      needsPin: flags.includes("login required"),
      hasPad: flags.includes("PIN pad present"),
      pin: flags.includes("user PIN locked")
        ? "locked"
        : flags.includes("final user PIN try")
        ? "final"
        : flags.includes("user PIN count low")
        ? "low"
        : "good",
    };
  });
}

function chosen(tokens: readonly HardwareToken[], uri: Pkcs11Uri): HardwareToken {
  const wanted = [
    ["token label", uri.token],
    ["serial num", uri.serial],
    ["token manufacturer", uri.manufacturer],
    ["token model", uri.model],
  ] as const;
  const fitting = tokens.filter(({ facts, slot }) =>
    wanted.every(([name, value]) => value === undefined || facts.get(name) === value) &&
    (uri.slotId === undefined || Number(slot) === Number(uri.slotId))
  );
  const [token, ...more] = fitting;
  if (token && more.length === 0) return token;
  throw token
    ? new Failure(
      "source",
      `--pkcs11: ${fitting.length} tokens match the URI`,
      "add the token's serial number to the URI: serial=…",
    )
    : notFound(uri);
}

function notFound({ token, module }: Pkcs11Uri): Failure {
  const command = [program, ...module === undefined ? [] : ["--module", quote(module)]].join(" ");
  return new Failure(
    "source",
    `--pkcs11: token${token === undefined ? "" : ` ${token}`} not found`,
    `connect it, and check ${
      module === undefined ? "whether the URI requires a module-path" : "module-path in the URI"
    }; ${command} --list-token-slots lists tokens`,
  );
}

/** @param token as it is after the wrong PIN */
function rejected({ label, pin }: HardwareToken): Failure {
  if (pin === "locked") return locked(label);
  const risk = pin === "final" ? "another wrong PIN locks" : "a few wrong PINs lock";
  return new Failure(
    "source",
    `the token ${label} rejected the PIN`,
    `try again with the right one: ${risk} the token`,
  );
}

function failed(stderr: string, uri: Pkcs11Uri, token?: HardwareToken): Failure {
  const label = token?.label ?? "";
  if (stderr.includes("CKR_PIN_LOCKED")) return locked(label);
  if (/^No slots/m.test(stderr)) return notFound(uri);
  if (uri.module !== undefined && stderr.includes("Failed to load pkcs11 module")) {
    return new Failure(
      "source",
      `--pkcs11: ${program} cannot load the module ${uri.module}`,
      "check module-path in the URI",
    );
  }
  if (/object not found|key not found|CKR_KEY_HANDLE_INVALID/i.test(stderr)) {
    return new Failure(
      "source",
      `--pkcs11: the token ${label} has no private key that matches the URI`,
      "check id and object in the URI",
    );
  }
  return new Failure("source", `${program} failed: ${errorLine(stderr) || "without a reason"}`);
}

function locked(label: string): Failure {
  return new Failure(
    "source",
    `the PIN of the token ${label} is locked`,
    "unlock it with its PUK or security officer's PIN",
  );
}

function missing(error: unknown): never {
  if (!(error instanceof Failure && error.code.startsWith("command-not-"))) throw error;
  throw new Failure(
    "source",
    `--pkcs11 requires ${program}, which is not installed`,
    "install OpenSC: apt install opensc, dnf install opensc or brew install opensc",
    { cause: error },
  );
}
