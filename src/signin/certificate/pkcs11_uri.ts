import { usage } from "../../model/failure.ts";

/** What a PKCS #11 URI (RFC 7512) says about a private key. */
export interface Pkcs11Uri {
  readonly token?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly slotId?: string;
  readonly object?: string;
  /** In hexadecimal. */
  readonly id?: string;
  readonly module?: string;
  readonly pinFile?: string;
}

const longest = 2048;

const names: ReadonlyMap<string, keyof Pkcs11Uri> = new Map([
  ["token", "token"],
  ["serial", "serial"],
  ["manufacturer", "manufacturer"],
  ["model", "model"],
  ["slot-id", "slotId"],
  ["object", "object"],
  ["id", "id"],
  ["module-path", "module"],
  ["module-name", "module"],
  ["pin-source", "pinFile"],
]);

const example = "pkcs11:token=mytoken;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so";

/** @throws {Failure} `usage`, which never quotes it: it may contain a PIN */
export function parsePkcs11Uri(text: string, option = "--pkcs11"): Pkcs11Uri {
  const wrong = (why: string) => usage(`${option}: ${why}`, `a URI looks like ${example}`);
  if (!text.startsWith("pkcs11:") || text.length > longest || !/^[\x21-\x7e]+$/.test(text)) {
    throw wrong("this is not a PKCS #11 URI");
  }
  const [path = "", query = "", ...more] = text.slice("pkcs11:".length).split("?");
  if (more.length) throw wrong("the URI has more than one question mark");
  const found: { -readonly [K in keyof Pkcs11Uri]: string } = {};
  for (const pair of [...path.split(";"), ...query.split("&")].filter(Boolean)) {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    if (name === "pin-value") {
      throw usage(
        `${option}: a PIN in the URI (pin-value) is not allowed: others can read arguments`,
        "use --key-passphrase-file FILE, or let athm prompt for it",
      );
    }
    const value = at < 0 ? "" : pair.slice(at + 1);
    if (name === "type") {
      if (value !== "private") throw wrong("the type must be private");
      continue;
    }
    const key = names.get(name);
    if (key === undefined) throw wrong(`unknown attribute ${JSON.stringify(name.slice(0, 40))}`);
    if (found[key] !== undefined) throw wrong(`${name} occurs twice`);
    found[key] = key === "id" ? hexOf(value, wrong) : decoded(value, name, wrong);
  }
  if (found.id === undefined && found.object === undefined) {
    throw wrong("the URI must name the key with id or object");
  }
  // The current folder is another one when a session is renewed.
  if (found.pinFile !== undefined) {
    found.pinFile = found.pinFile.replace(/^file:(?:\/\/)?/, "");
    if (!isAbsolute.test(found.pinFile)) throw wrong("pin-source must be an absolute path");
  }
  if (found.module !== undefined && /[/\\]/.test(found.module) && !isAbsolute.test(found.module)) {
    throw wrong("module-path must be an absolute path or the name of a library");
  }
  return found;
}

const isAbsolute = /^(?:\/|[a-z]:[/\\]|\\\\)/i;

type WrongUri = (why: string) => Error;

function decoded(value: string, name: string, wrong: WrongUri): string {
  let text;
  try {
    text = decodeURIComponent(value);
  } catch {
    throw wrong(`${name} is not percent-encoded UTF-8`);
  }
  // A dash would make it an option of the program that signs.
  if (text === "" || /[\p{C}]/u.test(text) || text.startsWith("-")) {
    throw wrong(`${name} has an invalid value`);
  }
  return text;
}

function hexOf(value: string, wrong: WrongUri): string {
  if (value === "" || !/^(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~:@$()*+,=&'-])+$/.test(value)) {
    throw wrong("id must be percent-encoded bytes");
  }
  return value.replace(
    /%([0-9A-Fa-f]{2})|([^%])/g,
    (_, hex, plain) => hex?.toLowerCase() ?? plain.charCodeAt(0).toString(16).padStart(2, "0"),
  );
}
