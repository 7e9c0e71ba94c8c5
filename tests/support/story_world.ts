import type { FakeAws } from "./fake_aws.ts";
import type { SamlProvider } from "./saml/provider.ts";

/** Everything that the steps of one story share. */
export interface World {
  /** The home folder, which is also the working folder. */
  readonly home: string;
  /** The folder for temporary files; it must be empty after each step. */
  readonly tmp: string;
  readonly aws: FakeAws;
  /** All variables of the commands' environment. */
  readonly env: Map<string, string>;
  /** The story's own variables, which are replaced before the shell sees a line. */
  readonly vars: Map<string, string>;
  /** Secrets that the fake doesn't know. */
  readonly secrets: string[];
  /** Globs of files that may hold secrets. */
  readonly secretFiles: string[];
  /** One a user with MFA: moves the device on to its next code. */
  readonly devices: (() => Promise<void>)[];
  /** What has to be closed after the story. */
  readonly closing: (() => PromiseLike<void>)[];
  /** The identity provider, once there is one. */
  saml?: { readonly arn: string; readonly provider: SamlProvider };
  /** How long sessions live, whatever was asked; `undefined`: as asked. */
  lifetime: number | undefined;
}

/** A preparation that can't be done as written. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}
