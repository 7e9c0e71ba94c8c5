/**
 * Executes the setup lines of a story.
 *
 * @module
 */

import { prepareAnywhere, prepareCertificate } from "./story_anywhere.ts";
import { prepareSamlProvider, prepareSamlUser } from "./story_saml.ts";
import { prepareSignin } from "./story_signin.ts";
import { prepareSso } from "./story_sso.ts";
import type { Setup } from "./story_types.ts";
import { SetupError, type World } from "./story_world.ts";

/** Replaces `$NAME` and `${NAME}` of the story's variables; every other `$` stays for the shell. */
export function expand(
  text: string,
  vars: ReadonlyMap<string, string>,
  change: (value: string) => string = (value) => value,
): string {
  return text.replace(/\$(?:\{([A-Z]\w*)\}|([A-Z]\w*))/g, (all, braced, plain) => {
    const value = vars.get(braced ?? plain);
    return value === undefined ? all : change(value);
  });
}

/** The same in a regular expression's source: values are literal. */
export function expandPattern(text: string, vars: ReadonlyMap<string, string>): string {
  return expand(text, vars, (value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
}

/** Executes a setup line. Throws a {@link SetupError} if that is not possible. */
export async function prepare(world: World, setup: Setup): Promise<void> {
  const text = (value: string) => expand(value, world.vars);
  const args = setup.args.map(text);
  const option = (name: string) => {
    const value = setup.options.get(name);
    return value === undefined ? undefined : text(value);
  };
  switch (setup.word) {
    case "user":
      return await prepareUser(world, args[0] ?? "", {
        root: flag(args[1], "root"),
        ...given({
          account: option("account"),
          partition: option("partition"),
          mfa: option("mfa"),
          allows: option("allows")?.split(","),
        }),
      });
    case "provider":
      return world.aws.addIdentityProvider({
        account: args[0] ?? "",
        issuer: world.aws.issuer.issuer,
        audiences: (option("audience") ?? "sts.amazonaws.com").split(","),
      });
    case "outbound":
      return void world.aws.outbound.accounts.add(args[0] ?? "");
    case "token": {
      const { issuer } = world.aws;
      const token = await issuer.sign({
        subject: option("sub") ?? issuer.subject,
        audience: option("aud") ?? "sts.amazonaws.com",
        ...given({ life: number(option("life")), issuer: option("iss") }),
      });
      world.vars.set(`${(args[0] ?? "").toUpperCase().replace(/\W/g, "_")}_TOKEN`, token);
      return;
    }
    case "role": {
      const subject = option("web-identity");
      return world.aws.addRole({
        arn: args[0] ?? "",
        requireMfa: flag(args[1], "require-mfa"),
        ...subject !== undefined &&
          { webIdentity: { issuer: world.aws.issuer.issuer, subject } },
        ...given({
          trusts: option("trusts")?.split(","),
          externalId: option("external-id"),
          maxDuration: number(option("max-duration")),
          allows: option("allows")?.split(","),
        }),
      });
    }
    case "saml-provider":
      return await prepareSamlProvider(world, args[0] ?? "");
    case "saml-user":
      return await prepareSamlUser(world, args[0] ?? "", option);
    case "aws":
      return prepareAws(world, args, option);
    case "sso":
      return prepareSso(world.aws.sso, args, option);
    case "signin":
      return prepareSignin(world.aws.signin, args);
    case "certificate":
      return await prepareCertificate(world, args[0] ?? "", option);
    case "anywhere":
      return prepareAnywhere(world, args);
    case "env": {
      const at = setup.rest.indexOf("=");
      world.env.set(setup.rest.slice(0, at), text(setup.rest.slice(at + 1)));
      return;
    }
    case "unset":
      if (!world.env.delete(args[0] ?? "")) throw new SetupError(`${args[0]} is not set`);
      return;
    case "secret":
      world.secrets.push(text(setup.rest));
      return;
    case "secret-file":
      world.secretFiles.push(args[0] ?? "");
      return;
    case "file":
      return await writeStoryFile(world, args[0] ?? "", option("mode"), setup.body.map(text));
    default:
      throw new SetupError(`nothing is done for ${setup.word}`);
  }
}

async function prepareUser(
  world: World,
  name: string,
  options: {
    account?: string;
    partition?: string;
    mfa?: string;
    root: boolean;
    allows?: readonly string[];
  },
): Promise<void> {
  const { mfa, ...rest } = options;
  const upper = name.toUpperCase().replace(/\W/g, "_");
  let device;
  if (mfa !== undefined) {
    let code = 123456 + 1000 * world.devices.length;
    const file = `${world.home}/../${upper}_MFA`;
    const show = async () => {
      world.vars.set(`${upper}_MFA_CODE`, String(code));
      await Deno.writeTextFile(file, `${code}\n`);
    };
    world.vars.set(`${upper}_MFA_FILE`, file);
    await show();
    // A device never shows a used code again, so each step finds a new one.
    world.devices.push(async () => {
      code += 1;
      await show();
    });
    device = { serial: mfa, code: () => String(code) };
  }
  const user = world.aws.addUser({ name, ...rest, ...device && { mfa: device } });
  world.vars.set(`${upper}_KEY_ID`, user.accessKeyId);
  world.vars.set(`${upper}_SECRET`, user.secretAccessKey);
  world.vars.set(`${upper}_ARN`, user.arn);
}

function prepareAws(
  world: World,
  args: readonly string[],
  option: (name: string) => string | undefined,
): void {
  const [what, status, code] = args;
  const times = option("times") === "all" ? Infinity : number(option("times")) ?? 1;
  const ms = number(option("ms"));
  const only = given({ action: option("action") });
  switch (what) {
    case "throttle":
    case "garbage":
    case "drop":
      return world.aws.behave({ kind: what, ...only }, times);
    case "slow":
      return world.aws.behave({ kind: "slow", ms: needed(ms, "ms"), ...only }, times);
    case "fail": {
      const message = "This is what the story wants.";
      const kind = "fail";
      return world.aws.behave(
        { kind, status: needed(number(status), "STATUS"), code: code ?? "", message, ...only },
        times,
      );
    }
    case "tokens":
      return world.aws.minimumTokenSize(needed(number(option("bytes")), "bytes"));
    case "gateway":
      return world.aws.becomeGateway({
        without: option("without")?.split(",") ?? [],
        minio: flag(status, "minio"),
      });
    case "well":
      return world.aws.clearBehaviors();
    case "skew":
      return world.aws.skew(needed(ms, "ms"));
    case "lifetime":
      world.lifetime = needed(number(option("seconds")), "seconds");
      return;
    default:
      throw new SetupError(`nothing is done for aws ${what}`);
  }
}

async function writeStoryFile(
  world: World,
  path: string,
  modeText: string | undefined,
  body: readonly string[],
): Promise<void> {
  const full = `${world.home}/${path}`;
  const mode = modeText === undefined ? 0o600 : parseInt(modeText, 8);
  if (Number.isNaN(mode)) throw new SetupError(`not a mode: ${modeText}`);
  await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(full, body.map((line) => line + "\n").join(""));
  await Deno.chmod(full, mode);
}

function flag(arg: string | undefined, word: string): boolean {
  if (arg !== undefined && arg !== word) throw new SetupError(`${arg} is not ${word}`);
  return arg === word;
}

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new SetupError(`not a whole number: ${text}`);
  return Number(text);
}

function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new SetupError(`${name} is missing`);
  return value;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The properties with a value. */
function given<T extends Record<string, unknown>>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
