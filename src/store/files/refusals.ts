import { Failure, quote } from "../../model/failure.ts";

/** A file of the store, in words for the person. */
export interface Subject {
  /** What it is, with its name: `the profile "example"`. */
  readonly what: string;
  readonly path: string;
  /** What to do when it does not open. */
  readonly mend: string;
}

/** A profile's file. The name is missing where the file alone is known, as in a list. */
export function profileSubject(path: string, name?: string): Subject {
  if (name === undefined) {
    return {
      what: "a profile, whose name cannot be read,",
      path,
      mend: "athm aws rm NAME --force, with the profile's name, removes it;" +
        " athm aws add NAME --force makes it anew",
    };
  }
  return {
    what: `the profile ${JSON.stringify(name)}`,
    path,
    mend: `athm aws rm ${name} --force removes it; athm aws add ${name} --force makes it anew`,
  };
}

/** A session's file, which nothing is lost with. The name is missing as it is for a profile. */
export function sessionSubject(path: string, name?: string): Subject {
  if (name === undefined) {
    return {
      what: "a kept session, whose profile cannot be read,",
      path,
      mend: "athm aws exec NAME --rotate makes a new one",
    };
  }
  return {
    what: `the kept session of ${JSON.stringify(name)}`,
    path,
    mend: `athm aws exec ${name} --rotate makes a new one`,
  };
}

/** An assertion's file: what is lost with it is one more sign-in at the identity provider. */
export function assertionSubject(path: string): Subject {
  return { what: "a kept SAML assertion", path, mend: `rm ${quote(path)}; it is made again` };
}

/** A portal's file: what is lost with it is one more sign-in at the portal. */
export function portalSubject(path: string): Subject {
  return {
    what: "a kept sign-in at an access portal",
    path,
    mend: `rm ${quote(path)}; you are asked to sign in again`,
  };
}

export function storeSubject(path: string): Subject {
  return {
    what: "the store",
    path,
    mend: `put back a copy of ${quote(path)}; without its key nothing in that folder opens again`,
  };
}

export function damaged(
  subject: Subject,
  why = "was damaged, or changed by another hand",
): Failure {
  return new Failure(
    "store-damaged",
    `${subject.what} does not open: the file ${subject.path} ${why}`,
    subject.mend,
  );
}

export function newer(subject: Subject): Failure {
  return new Failure(
    "store-newer",
    `${subject.what} was made by a newer athm, and this one cannot read it`,
    "install the newest athm, or set ATHM_HOME to another folder",
  );
}
