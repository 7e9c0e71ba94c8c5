import { Failure, usage } from "../../model/failure.ts";
import { suggestion } from "../../model/names.ts";
import { storeVariables } from "../../model/variables.ts";
import type { System } from "../../system/system.ts";
import { type CiSystem, ciSystems, runningCi } from "./systems.ts";
import type { TokenRequest } from "./token_request.ts";

export type TokenPlace =
  | { readonly kind: "auto" }
  | { readonly kind: "ci"; readonly ci: CiSystem }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "command"; readonly command: string };

/** Maximum bytes of a token's file or variable. */
const inputLimit = 64 * 1024;

const names = ["auto", ...ciSystems.map(({ name }) => name)];
const forms = [...names, "file:PATH", "env:NAME", "command:CMD"];

/** Parses the value of `--web-identity`. @throws {Failure} `usage` */
export function parseTokenPlace(text: string): TokenPlace {
  if (text === "auto") return { kind: "auto" };
  const ci = ciSystems.find(({ name }) => name === text);
  if (ci) return { kind: "ci", ci };
  const [, kind, rest = ""] = /^(file|env|command):(.*)$/s.exec(text) ?? [];
  if (kind !== undefined && rest.trim() === "") {
    throw usage(`--web-identity ${kind}: requires a value after the colon`, `use ${known}`);
  }
  if (kind === "file") return { kind, path: rest };
  if (kind === "command") return { kind, command: rest };
  if (kind === "env" && /^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(rest)) return { kind, name: rest };
  if (kind === "env") {
    throw usage(
      "--web-identity env: requires the name of a variable (letters, digits and _)",
      "give the name of the variable, never the token itself, which others could see",
    );
  }
  // Do not print a token passed by mistake.
  const shown = text.length <= 40 ? ` ${JSON.stringify(text)}` : "'s value";
  throw usage(
    `--web-identity does not accept${shown}${suggestion(text.slice(0, 40), names)}`,
    `use ${known}`,
  );
}

const known = forms.join(", ");

export function placeName(place: TokenPlace): string {
  switch (place.kind) {
    case "auto":
      return "--web-identity auto";
    case "ci":
      return place.ci.title;
    case "file":
      return place.path;
    case "env":
      return `the variable ${place.name}`;
    case "command":
      return "the command of --web-identity";
  }
}

/** The CI system of this job, else Kubernetes' file. @throws {Failure} `source` if neither */
export function foundPlace({ env }: Pick<System, "env">): TokenPlace {
  const ci = runningCi(env);
  if (ci) return { kind: "ci", ci };
  const path = env.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (path) return { kind: "file", path };
  throw new Failure(
    "source",
    "no supported CI system detected, and AWS_WEB_IDENTITY_TOKEN_FILE is not set",
    `specify the token source: --web-identity ${forms.slice(1).join(", ")}`,
  );
}

interface CommandRunner {
  /** Runs a person's command line and returns its output; `title` is for messages. */
  readonly ask: (commandLine: string, title: string) => Promise<string>;
}

/** Reads a file or variable each time: tokens live minutes. @throws {Failure} */
export async function tokenText(
  place: TokenPlace,
  request: TokenRequest & CommandRunner,
): Promise<string> {
  switch (place.kind) {
    case "auto":
      return await tokenText(foundPlace(request.system), request);
    case "ci":
      return await (await place.ci.fetcher())(request);
    case "file":
      return fileText(request.system, place.path);
    case "env":
      return await variableText(request.system, place.name);
    case "command":
      return await request.ask(place.command, placeName(place));
  }
}

function fileText({ files }: System, path: string): string {
  // Kubernetes' file is a chain of links.
  const real = files.real(path);
  const facts = real === undefined ? undefined : files.facts(real);
  // Reading a pipe or device might never end.
  if (facts?.kind === "other") throw new Failure("source", `${path} is not a token file`);
  const fits = facts && facts.size <= inputLimit;
  const bytes = real !== undefined && fits ? files.read(real) : undefined;
  if (bytes && bytes.length <= inputLimit) return new TextDecoder().decode(bytes);
  throw new Failure(
    "source",
    facts
      ? `${path} is larger than ${inputLimit} bytes and cannot be a token`
      : `token file ${path} not found`,
  );
}

/** Reads a variable that athm has no permission for, through a shell, which inherits them all. */
async function variableText({ platform, children }: System, name: string): Promise<string> {
  const [command, ...args] = platform === "windows"
    ? ["cmd.exe", "/d", "/c", "set", name] as const
    : ["/bin/sh", "-c", `printf %s "\${${name}-}"`] as const;
  const limits = { seconds: 10, bytes: inputLimit };
  const { stdout } = await children.help({
    command,
    args,
    set: {},
    unset: storeVariables,
    quiet: true,
    ...limits,
  });
  // `set NAME` prints NAME=VALUE for every variable with that prefix.
  const lines = stdout.split(/\r?\n/);
  const line = lines.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}=`));
  const value = platform === "windows" ? line?.slice(name.length + 1) ?? "" : stdout;
  if (value.trim() !== "") return value;
  throw new Failure("source", `the token variable ${name} is not set`);
}
