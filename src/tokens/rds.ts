import { percentEncoded, presigned } from "../aws/sigv4.ts";
import { usage } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { awsNow, type OwnSession, regionBeside } from "./place.ts";

/** Seconds for which RDS accepts a token. */
const tokenLife = 900;

export interface Database {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** @throws {Failure} `usage` */
export function checkDatabase(
  { host, port, user }: Readonly<Record<keyof Database, string>>,
  option: (name: keyof Database) => string = (name) => `--${name}`,
): Database {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host)) {
    throw usage(
      `${option("host")} must be a host name`,
      "use the endpoint that RDS shows, such as name.abcdefghijkl.eu-west-1.rds.amazonaws.com",
    );
  }
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw usage(`${option("port")} must be a port from 1 to 65535`);
  }
  if (!/^[^\p{C}\s]{1,128}$/u.test(user)) {
    throw usage(`${option("user")} must be 1 to 128 characters without spaces`);
  }
  return { host: host.toLowerCase(), port: Number(port), user };
}

/** `USER@HOST:PORT`; a user may contain `@`. @throws {Failure} `usage` */
export function parseDatabase(text: string): Database {
  const [, user, host, port] = /^(.+)@([^@:]+):([^:]+)$/.exec(text) ?? [];
  if (user === undefined || host === undefined || port === undefined) {
    throw usage(
      "--rds must be USER@HOST:PORT",
      "for example --rds app@name.abcdefghijkl.eu-west-1.rds.amazonaws.com:5432",
    );
  }
  return checkDatabase({ host, port, user }, () => "--rds");
}

/**
 * The password of a database user for the next 15 minutes, made offline.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
 *
 * @param region if the host's name has none
 */
export async function databaseToken(
  system: Pick<System, "now">,
  { session }: Pick<OwnSession, "session">,
  { host, port, user }: Database,
  region: string,
): Promise<string> {
  const signing = {
    credentials: session,
    service: "rds-db",
    region: regionBeside("rds", host) ?? region,
    at: awsNow(system, session),
  };
  const url = `https://${host}:${port}/?Action=connect&DBUser=${percentEncoded(user)}`;
  const signed = new URL(await presigned(signing, { method: "GET", url }, tokenLife));
  return `${host}:${port}/${signed.search}`;
}

/** What psql and mysql read. The token is a password, so it must not cross a plain connection. */
export function databaseVariables(
  { host, port, user }: Database,
  token: string,
  { env }: Pick<System, "env">,
): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: `${port}`,
    PGUSER: user,
    PGPASSWORD: token,
    ...env.get("PGSSLMODE") ? {} : { PGSSLMODE: "require" },
    MYSQL_HOST: host,
    MYSQL_TCP_PORT: `${port}`,
    MYSQL_PWD: token,
  };
}

/** The variables that hold the password. */
export const passwordVariables = ["PGPASSWORD", "MYSQL_PWD"];
