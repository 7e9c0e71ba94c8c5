import { usage } from "../model/failure.ts";
import { isJsonObject, type JsonObject } from "../model/fields.ts";
import { type GivenKey, readDocument } from "./document.ts";

/** A key as pasted, and which form that was, for messages. */
export interface Pasted {
  readonly form: string;
  readonly given: GivenKey;
}

type KeyPart = keyof GivenKey;

const fields: Readonly<Record<string, KeyPart>> = {
  access_key_id: "id",
  secret_access_key: "secret",
  session_token: "token",
  security_token: "token",
  credential_expiration: "expiration",
  session_expiration: "expiration",
  expiration: "expiration",
  expires: "expiration", // x_security_token_expires, as saml2aws writes it
};

/**
 * `AWS_…=value` or `aws_… = value`, after whatever sets a variable; with a space only where a
 * shell's command says so. Every repetition is bounded, so a hostile text costs linear time.
 */
const name = `(?:aws|x_security_token)_(${Object.keys(fields).join("|")})`;
const value = `["']?([^\\s"'\`;,&|]{1,16384})`;
const assignment = new RegExp(
  `(?<![a-z0-9_])${name}["'}]{0,2}[ \\t]{0,16}[=:][ \\t]{0,16}${value}`,
  "gi",
);
const command = new RegExp(
  `(?:set[ \\t]{1,16}-[a-z]{1,4}|setx)[ \\t]{1,16}${name}[ \\t]${value}`,
  "gi",
);

/** The first match is the form. */
const lineForms: readonly (readonly [RegExp, string])[] = [
  [/^[ \t]{0,64}export\s/m, "export lines (sh)"],
  [/\$\{?env:/i, "lines that set variables (PowerShell)"],
  [/^[ \t]{0,64}set[ \t]{1,64}-/m, "set lines (fish)"],
  [/^[ \t]{0,64}setx?\s/im, "set lines (cmd)"],
  [/^[ \t]{0,64}(?:\[|aws_)/m, "an INI section"],
];

/** Where AWS's responses contain the key. */
const answers = {
  Credentials: "the output of aws sts",
  AccessKey: "the output of aws iam create-access-key",
  roleCredentials: "the output of aws sso get-role-credentials",
};

const bare = "an access key ID with its secret";
/** As YAML, a table or text. */
const stsOutput = /\bSecretAccessKey\b|^CREDENTIALS\t/m;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)/;

const keyId = /^A(?:KIA|SIA)[A-Z0-9]{12,124}$/;
const secretKey = /^[A-Za-z0-9/+]{40}$/;

/**
 * Parses a key in any form that users copy. Errors never quote it.
 *
 * @param from where it came from, for messages
 * @throws {Failure} `usage`
 */
export function readPasted(text: string, from: string): Pasted {
  const whole = text.replace(/^\uFEFF/, "").trim();
  if (whole.startsWith("{")) return readJson(whole, from);
  const pair = pairIn(whole);
  if (pair) return { form: stsOutput.test(whole) ? answers.Credentials : bare, given: pair };
  const given = assigned(whole, from);
  if (Object.keys(given).length === 0) {
    throw usage(
      `${from}: the input contains no access key`,
      "use credential_process JSON, export lines, an INI section or the output of aws sts assume-role",
    );
  }
  const missing = given.id ? given.secret ? undefined : "SECRET_ACCESS_KEY" : "ACCESS_KEY_ID";
  if (missing) throw usage(`${from}: AWS_${missing} is missing`, "copy all lines");
  const form = lineForms.find(([pattern]) => pattern.test(whole))?.[1] ?? "variables";
  return { form, given: { id: given.id, secret: given.secret, ...given } };
}

/** Whether text is more than a bare access key ID: one of the forms, complete or not. */
export function isPaste(text: string): boolean {
  const whole = text.trim();
  return /^[{[]/.test(whole) || pairIn(whole) !== undefined || isAssigning(whole);
}

/** Whether the form that the text begins with needs more lines. */
export function isUnfinished(text: string): boolean {
  const whole = text.trim();
  if (whole.startsWith("{")) {
    try {
      JSON.parse(whole);
      return false;
    } catch {
      return true;
    }
  }
  if (!whole.startsWith("[") && !isAssigning(whole)) return false;
  const found = new Map(matches(whole));
  const id = found.get("id");
  return !id || !found.has("secret") || (id.startsWith("ASIA") && !found.has("token"));
}

function isAssigning(text: string): boolean {
  return text.search(assignment) >= 0 || text.search(command) >= 0;
}

function matches(text: string): (readonly [KeyPart, string])[] {
  return [...text.matchAll(assignment), ...text.matchAll(command)].flatMap(([, name, value]) => {
    const field = fields[(name ?? "").toLowerCase()];
    return field && value ? [[field, value] as const] : [];
  });
}

/** @throws {Failure} `usage` for two different values: one of them belongs to another key. */
function assigned(text: string, from: string): Partial<GivenKey> {
  const found: Partial<Record<KeyPart, string>> = {};
  for (const [field, value] of matches(text)) {
    const there = found[field];
    if (there !== undefined && there !== value && field !== "expiration") {
      throw usage(`${from}: the input contains more than one access key`, "copy one of them");
    }
    found[field] = value;
  }
  return found;
}

/** A key ID next to its secret, as in the console and its CSV files. */
function pairIn(text: string): GivenKey | undefined {
  if (isAssigning(text)) return undefined;
  const words = new Set(text.split(/[\s,;:|"']+/).filter(Boolean));
  const ids = [...words].filter((word) => keyId.test(word));
  const secrets = [...words].filter((word) => secretKey.test(word) && !keyId.test(word));
  const tokens = [...words].filter((word) => word.length > 100);
  if (ids.length !== 1 || secrets.length !== 1 || tokens.length > 1) return undefined;
  return { id: ids[0], secret: secrets[0], token: tokens[0], expiration: time.exec(text)?.[0] };
}

function readJson(text: string, from: string): Pasted {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (isJsonObject(document)) {
    for (const [holder, form] of Object.entries(answers)) {
      const inner = document[holder];
      if (isJsonObject(inner)) return { form, given: ofAnswer(inner, from) };
    }
    if (typeof document.AWS_ACCESS_KEY_ID === "string") {
      return { form: "JSON with variables", given: ofAnswer(document, from) };
    }
    if (typeof document.Token === "string") {
      return { form: "the response of a metadata service", given: ofAnswer(document, from) };
    }
  }
  return { form: "credential_process JSON", given: readDocument(text, from) };
}

/** The same fields in any spelling: `AccessKeyId`, `accessKeyId`, `AWS_ACCESS_KEY_ID`. */
function ofAnswer(answer: JsonObject, from: string): GivenKey {
  const spelled = (name: string) => name.replace(/^AWS_/, "").replaceAll("_", "").toLowerCase();
  const read = (wanted: string) => {
    const found = Object.entries(answer).find(([name]) => spelled(name) === wanted)?.[1];
    return typeof found === "number" && wanted === "expiration"
      ? new Date(Math.min(Math.max(0, found), 8.64e15)).toISOString()
      : found ?? undefined;
  };
  const document = {
    AccessKeyId: read("accesskeyid"),
    SecretAccessKey: read("secretaccesskey"),
    SessionToken: read("sessiontoken") ?? read("token"),
    Expiration: read("expiration"),
  };
  return readDocument(JSON.stringify(document), from);
}
