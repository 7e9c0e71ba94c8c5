import { Failure } from "../model/failure.ts";
import { expanded, findHomeFolder, homeFolder } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";

export type Section = ReadonlyMap<string, string>;
export type Sections = ReadonlyMap<string, Section>;

export interface AwsFiles {
  readonly configPath: string;
  readonly credentialsPath: string;
  /** Only profiles, not `sso-session` or `services` sections. */
  readonly config: Sections;
  readonly credentials: Sections;
  /** Sections with keys that SDKs skip because of their name. */
  readonly passedOver: readonly string[];
  readonly ssoSessions: Sections;
}

/** Maximum bytes of a file. */
export const awsFileLimit = 1024 * 1024;
const mostSections = 5_000;

/** Both paths, from AWS's variables or in the home folder. */
export function awsPaths(system: System): { config: string; credentials: string } {
  const { env, files } = system;
  const path = (variable: string, name: string) => {
    const given = env.get(variable);
    if (!given) return files.join(homeFolder(system), ".aws", name);
    return files.absolute(expanded(system, given));
  };
  return {
    config: path("AWS_CONFIG_FILE", "config"),
    credentials: path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
  };
}

/** False only if the paths depend on an unset home. */
export function hasAwsPaths({ env }: Pick<System, "env">): boolean {
  const areGiven = env.get("AWS_CONFIG_FILE") && env.get("AWS_SHARED_CREDENTIALS_FILE");
  return Boolean(areGiven) || findHomeFolder({ env }) !== undefined;
}

/** A missing file is empty. @throws {Failure} `files` if one cannot be read or parsed */
export async function readAwsFiles(system: System): Promise<AwsFiles> {
  const paths = awsPaths(system);
  const text = (path: string) => new TextDecoder().decode(readLimited(system, path) ?? noBytes);
  const configText = text(paths.config);
  const credentialsText = text(paths.credentials);
  const [config, ssoSessions, credentials] = await Promise.all([
    parseConfig(configText, paths.config),
    parseSsoSessions(configText, paths.config),
    parseCredentials(credentialsText, paths.credentials),
  ]);
  return {
    configPath: paths.config,
    credentialsPath: paths.credentials,
    config,
    credentials,
    passedOver: namesPassedOver(credentialsText, credentials),
    ssoSessions,
  };
}

const noBytes = new Uint8Array();

/** At most 1 MiB; nothing if it does not exist. @throws {Failure} `files` */
export function readLimited(
  { files }: System,
  path: string,
  limit = awsFileLimit,
): Uint8Array<ArrayBuffer> | undefined {
  const facts = files.facts(path);
  if (!facts) return undefined;
  if (facts.kind === "folder" || facts.kind === "other") {
    throw new Failure("files", `${path} is not a file`);
  }
  const bytes = facts.size > limit ? undefined : files.read(path);
  if (facts.size <= limit && !bytes) return undefined; // a dangling link
  if (bytes && bytes.length <= limit) return bytes;
  throw new Failure("files", `${path} is larger than ${limit} bytes`);
}

/** Parses a config file's profiles. @throws {Failure} `files` */
export async function parseConfig(text: string, path: string): Promise<Sections> {
  const { configFile } = await parsed(text, "", path);
  const other = (name: string) => /^(sso-session|services)\./.test(name);
  return new Map([...sectionsOf(configFile, path)].filter(([name]) => !other(name)));
}

/** Parses a config file's `sso-session` sections. @throws {Failure} `files` */
export async function parseSsoSessions(text: string, path: string): Promise<Sections> {
  const { configFile } = await parsed(text, "", path);
  const prefix = "sso-session.";
  return new Map(
    [...sectionsOf(configFile, path)].filter(([name]) => name.startsWith(prefix))
      .map(([name, section]) => [name.slice(prefix.length), section]),
  );
}

/** The loader takes `[two words]` for another kind of section and skips most of them. */
function namesPassedOver(text: string, read: Sections): string[] {
  const found = new Set<string>();
  let name = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[(.*)\]\s*(?:\s[#;].*)?$/.exec(line)?.[1];
    if (section !== undefined) name = section;
    const isKey = /^\s*aws_(access_key_id|secret_access_key)\s*=\s*[^\s#;]/.test(line);
    const known = [name, name.replace(/\s["']?(.*?)["']?$/, ".$1")].some((each) => read.has(each));
    if (isKey && name !== "" && !known) found.add(name);
  }
  return [...found];
}

/** Parses a credentials file. @throws {Failure} `files` */
export async function parseCredentials(text: string, path: string): Promise<Sections> {
  return sectionsOf((await parsed("", text, path)).credentialsFile, path);
}

let parses = 0;

/** Passes the text to the SDK's loader, which then opens no files itself. */
async function parsed(config: string, credentials: string, path: string) {
  refuseOddNames(config + "\n" + credentials, path);
  const { externalDataInterceptor, loadSharedConfigFiles } = await import(
    "@smithy/shared-ini-file-loader"
  );
  const number = parses++;
  const names = { configFilepath: `athm-config-${number}`, filepath: `athm-credentials-${number}` };
  externalDataInterceptor.interceptFile(names.configFilepath, config);
  externalDataInterceptor.interceptFile(names.filepath, credentials);
  try {
    return await loadSharedConfigFiles(names);
  } finally {
    const record = externalDataInterceptor.getFileRecord();
    delete record[names.configFilepath];
    delete record[names.filepath];
  }
}

/**
 * The loader uses a plain object, in which `[constructor]` already exists, and returns nothing for
 * a file with `[__proto__]`.
 */
function refuseOddNames(text: string, path: string): void {
  for (const [, name = ""] of text.matchAll(/^[^\S\n]*\[(?:profile\s)?([^\]\n]*)\]/gm)) {
    if (Object.hasOwn(Object.prototype, name.trim())) {
      throw new Failure(
        "files",
        `${path} has a section ${JSON.stringify(name.trim())}, which AWS SDKs ignore`,
        "rename it",
      );
    }
  }
}

function sectionsOf(file: object, path: string): Sections {
  const sections = new Map<string, Section>();
  for (const [name, section] of Object.entries(file)) {
    const pairs = Object.entries(section).filter((pair): pair is [string, string] =>
      typeof pair[1] === "string"
    );
    sections.set(name, new Map(pairs));
  }
  if (sections.size <= mostSections) return sections;
  throw new Failure("files", `${path} has more than ${mostSections} sections`);
}
