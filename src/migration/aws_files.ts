import { Failure } from "../model/failure.ts";
import { expanded, findHomeFolder, homeFolder } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { type AwsFileKind, type LeftOut, readable } from "./readable.ts";

export type Section = ReadonlyMap<string, string>;
export type Sections = ReadonlyMap<string, Section>;

export interface AwsFiles {
  readonly configPath: string;
  readonly credentialsPath: string;
  /** Only profiles, not `sso-session` or `services` sections. */
  readonly config: Sections;
  readonly credentials: Sections;
  /** Sections that are not read, with the reason. */
  readonly leftOut: { readonly [K in AwsFileKind]: readonly LeftOut[] };
  readonly ssoSessions: Sections;
}

/** Maximum bytes of a file. */
export const awsFileLimit = 8 * 1024 * 1024;

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

/** A missing file is empty. @throws {Failure} `files` if one cannot be read */
export async function readAwsFiles(system: System): Promise<AwsFiles> {
  const paths = awsPaths(system);
  const text = (path: string) => new TextDecoder().decode(readLimited(system, path) ?? noBytes);
  const configText = text(paths.config);
  const credentialsText = text(paths.credentials);
  const [config, ssoSessions, credentials] = await Promise.all([
    parseConfig(configText),
    parseSsoSessions(configText),
    parseCredentials(credentialsText),
  ]);
  return {
    configPath: paths.config,
    credentialsPath: paths.credentials,
    config,
    credentials,
    leftOut: {
      config: readable(configText, "config").leftOut,
      credentials: readable(credentialsText, "credentials").leftOut,
    },
    ssoSessions,
  };
}

const noBytes = new Uint8Array();

/** At most 8 MiB; nothing if it does not exist. @throws {Failure} `files` */
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

/** Parses a config file's profiles. */
export async function parseConfig(text: string): Promise<Sections> {
  const other = (name: string) => /^(sso-session|services)\./.test(name);
  return new Map([...await parsed("config", text)].filter(([name]) => !other(name)));
}

/** Parses a config file's `sso-session` sections. */
export async function parseSsoSessions(text: string): Promise<Sections> {
  const prefix = "sso-session.";
  return new Map(
    [...await parsed("config", text)].filter(([name]) => name.startsWith(prefix))
      .map(([name, section]) => [name.slice(prefix.length), section]),
  );
}

/** Parses a credentials file. */
export async function parseCredentials(text: string): Promise<Sections> {
  return await parsed("credentials", text);
}

let parses = 0;

/** Passes the readable sections to the SDK's loader, which then opens no files itself. */
async function parsed(kind: AwsFileKind, text: string): Promise<Sections> {
  const { externalDataInterceptor, loadSharedConfigFiles } = await import(
    "@smithy/shared-ini-file-loader"
  );
  const number = parses++;
  const names = { configFilepath: `athm-config-${number}`, filepath: `athm-credentials-${number}` };
  const { configFilepath, filepath } = names;
  const read = readable(text, kind).text;
  externalDataInterceptor.interceptFile(configFilepath, kind === "config" ? read : "");
  externalDataInterceptor.interceptFile(filepath, kind === "credentials" ? read : "");
  try {
    const { configFile, credentialsFile } = await loadSharedConfigFiles(names);
    return sectionsOf(kind === "config" ? configFile : credentialsFile);
  } finally {
    const record = externalDataInterceptor.getFileRecord();
    delete record[configFilepath];
    delete record[filepath];
  }
}

function sectionsOf(file: object): Sections {
  const sections = new Map<string, Section>();
  for (const [name, section] of Object.entries(file)) {
    const pairs = Object.entries(section).filter((pair): pair is [string, string] =>
      typeof pair[1] === "string"
    );
    sections.set(name, new Map(pairs));
  }
  return sections;
}
