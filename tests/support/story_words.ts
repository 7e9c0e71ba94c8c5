/**
 * The words that prepare a story's world: their names and shapes, for the parser. What they do is in
 * `story_setup.ts`.
 *
 * @module
 */

/** What may stand after a word. */
interface Shape {
  /** Least and most words that are not options. */
  readonly args: readonly [number, number];
  /** Names of `name=value` options. */
  readonly options?: readonly string[];
  /** The rest of the line is text: no options in it. */
  readonly text?: true;
  /** How to write it, for the message. */
  readonly usage: string;
}

/** One shape a word; some are followed by a second word. */
const shapes: Readonly<Record<string, Shape>> = {
  "user": {
    args: [1, 2],
    options: ["account", "mfa", "partition", "allows"],
    usage: "user NAME [root] [account=ID] [mfa=ARN] [partition=P] [allows=ACTION,…]",
  },
  "role": {
    args: [1, 2],
    options: ["trusts", "external-id", "max-duration", "web-identity", "allows"],
    usage: "role ARN [require-mfa] [trusts=ARN,ARN] [external-id=X] [max-duration=SECONDS] " +
      "[web-identity=SUB] [allows=ACTION,…]",
  },
  "provider": {
    args: [1, 1],
    options: ["audience"],
    usage: "provider ACCOUNT [audience=A,B]",
  },
  "outbound": { args: [1, 1], usage: "outbound ACCOUNT" },
  "token": {
    args: [1, 1],
    options: ["aud", "sub", "life", "iss"],
    usage: "token NAME [aud=A] [sub=S] [life=SECONDS] [iss=URL]",
  },
  "saml-provider": { args: [1, 1], usage: "saml-provider ARN" },
  "saml-user": {
    args: [1, 1],
    options: ["password", "roles", "code", "pages", "duration", "fault"],
    usage:
      "saml-user NAME [password=P] [roles=ARN,ARN] [code=N] [pages=A,B] [duration=SECONDS] [fault=WHAT]",
  },
  "aws throttle": {
    args: [0, 0],
    options: ["times", "action"],
    usage: "aws throttle [times=N|all] [action=A]",
  },
  "aws fail": {
    args: [2, 2],
    options: ["times", "action"],
    usage: "aws fail STATUS CODE [times=N|all] [action=A]",
  },
  "aws slow": {
    args: [0, 0],
    options: ["ms", "times", "action"],
    usage: "aws slow ms=N [times=N|all] [action=A]",
  },
  "aws garbage": {
    args: [0, 0],
    options: ["times", "action"],
    usage: "aws garbage [times=N|all] [action=A]",
  },
  "aws drop": {
    args: [0, 0],
    options: ["times", "action"],
    usage: "aws drop [times=N|all] [action=A]",
  },
  "aws tokens": { args: [0, 0], options: ["bytes"], usage: "aws tokens bytes=N" },
  "aws gateway": {
    args: [0, 1],
    options: ["without"],
    usage: "aws gateway [minio] [without=ACTION,ACTION]",
  },
  "aws well": { args: [0, 0], usage: "aws well" },
  "aws skew": { args: [0, 0], options: ["ms"], usage: "aws skew ms=N" },
  "aws lifetime": { args: [0, 0], options: ["seconds"], usage: "aws lifetime seconds=N" },
  "sso account": {
    args: [1, 1],
    options: ["name", "roles"],
    usage: "sso account ID [name=N] [roles=A,B]",
  },
  "sso many": { args: [0, 0], options: ["accounts"], usage: "sso many accounts=N, of two roles" },
  "sso person": { args: [1, 1], usage: "sso person yes|no|elsewhere|away|wrong-state|broken" },
  "sso tokens": {
    args: [0, 1],
    options: ["seconds"],
    usage: "sso tokens [no-refresh] [seconds=N]",
  },
  "sso device": {
    args: [0, 0],
    options: ["seconds", "pendings", "slow-downs"],
    usage: "sso device [seconds=N] [pendings=N] [slow-downs=N]",
  },
  "sso start-url": { args: [1, 1], usage: "sso start-url URL" },
  "sso vanity": { args: [1, 1], options: ["head"], usage: "sso vanity URL [head=no]" },
  "sso revoke": { args: [0, 0], usage: "sso revoke" },
  "signin as": { args: [1, 1], usage: "signin as ARN" },
  "signin person": { args: [1, 1], usage: "signin person yes|no|away|wrong-state|broken" },
  "certificate": {
    args: [1, 1],
    options: ["ca", "days", "form", "key", "passphrase", "serial", "usage"],
    usage: "certificate NAME [key=p256|p384|rsa] [days=N] [usage=client|server|none] [ca=other] " +
      "[form=pkcs8|traditional|der] [passphrase=P] [serial=HEX]",
  },
  "anywhere role": { args: [1, 1], usage: "anywhere role ARN" },
  "anywhere without-role": { args: [1, 1], usage: "anywhere without-role ARN" },
  "anywhere profile": { args: [1, 1], usage: "anywhere profile enabled|disabled" },
  "anywhere anchor": { args: [1, 1], usage: "anywhere anchor enabled|disabled" },
  "anywhere names": { args: [1, 1], usage: "anywhere names accepted|refused" },
  "anywhere revoke": { args: [1, 1], usage: "anywhere revoke SERIAL" },
  "env": { args: [1, Infinity], text: true, usage: "env NAME=VALUE" },
  "unset": { args: [1, 1], usage: "unset NAME" },
  "file": { args: [1, 1], options: ["mode"], usage: "file PATH [mode=0600], then `| ` lines" },
  "secret": { args: [1, Infinity], text: true, usage: "secret VALUE (6 characters or more)" },
  "secret-file": { args: [1, 1], usage: "secret-file GLOB" },
};

const twoWords = new Set(["anywhere", "aws", "sso", "signin"]);
const setupWords = new Set(Object.keys(shapes).map((name) => name.split(" ")[0]));

/**
 * What is wrong with a line that prepares something: `undefined` if nothing is, `"not a setup"` if its
 * first word is none of these.
 */
export function setupProblem(line: string): string | undefined {
  const [word = "", ...rest] = line.trim().split(/\s+/);
  if (!setupWords.has(word)) return "not a setup";
  const name = twoWords.has(word) ? `${word} ${rest.shift() ?? ""}` : word;
  const shape = shapes[name];
  if (!shape) return `unknown: ${JSON.stringify(name)}`;
  const isOption = (text: string) => !shape.text && /^[a-z][a-z-]*=/.test(text);
  const args = rest.filter((text) => !isOption(text));
  const unknown = rest.filter(isOption).map((text) => text.split("=")[0] ?? "")
    .find((option) => !shape.options?.includes(option));
  if (unknown !== undefined) return `unknown: ${JSON.stringify(unknown)}; write \`${shape.usage}\``;
  const [least, most] = shape.args;
  if (args.length < least || args.length > most) return `write \`${shape.usage}\``;
  if (word === "env" && !/^env [A-Za-z_]\w*=/.test(line)) return `write \`${shape.usage}\``;
  if (word === "secret" && line.trim().length < "secret ".length + 6) {
    return `write \`${shape.usage}\``;
  }
  return undefined;
}
