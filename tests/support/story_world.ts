import type { FakeAws } from "./fake_aws.ts";
import type { SamlProvider } from "./saml/provider.ts";

/** The shared state of a story's steps. */
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
  /** Secrets besides the fake's. */
  readonly secrets: string[];
  /** Globs of files that may hold secrets. */
  readonly secretFiles: string[];
  /** One per user with MFA: advances the device to its next code. */
  readonly devices: (() => Promise<void>)[];
  /** Resources to close after the story. */
  readonly closing: (() => PromiseLike<void>)[];
  /** The identity provider, if any. */
  saml?: { readonly arn: string; readonly provider: SamlProvider };
  /** Lifetime of sessions; `undefined`: as requested. */
  lifetime: number | undefined;
}

/** A setup line that cannot be executed. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}
