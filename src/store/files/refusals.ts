import { Failure, quote } from "../../model/failure.ts";

export interface Subject {
  /** For example: `the profile "example"`. */
  readonly what: string;
  readonly path: string;
  readonly fix: string;
}

/** A profile's file. The name is absent if only the file is known, as in a list. */
export function profileSubject(path: string, name?: string): Subject {
  if (name === undefined) {
    return {
      what: "a profile with an unreadable name",
      path,
      fix: "run athm aws rm NAME --force with the profile's name to remove it, or" +
        " athm aws add NAME --force to create it again",
    };
  }
  return {
    what: `the profile ${JSON.stringify(name)}`,
    path,
    fix:
      `run athm aws rm ${name} --force to remove it, or athm aws add ${name} --force to create it again`,
  };
}

/** A session's file, which is safe to delete. The name is absent as for a profile. */
export function sessionSubject(path: string, name?: string): Subject {
  if (name === undefined) {
    return {
      what: "a kept session of an unreadable profile",
      path,
      fix: "run athm aws exec NAME --rotate for a new one",
    };
  }
  return {
    what: `the kept session of ${JSON.stringify(name)}`,
    path,
    fix: `run athm aws exec ${name} --rotate for a new one`,
  };
}

/** A named policy's file, which a person has to add again. */
export function policySubject(path: string): Subject {
  return {
    what: "a named policy",
    path,
    fix: `add it again with athm policy add NAME FILE --force, or remove it: rm ${quote(path)}`,
  };
}

/** The file of an allowed `.athm` file: deleting it costs one question. */
export function folderSubject(path: string): Subject {
  return { what: "an allowed .athm file", path, fix: `remove it: rm ${quote(path)}` };
}

/** The file of a client of `athm serve`, whose token ends with it. */
export function clientSubject(path: string): Subject {
  return {
    what: "a client of athm serve",
    path,
    fix: `remove it and add the client again with athm serve token add: rm ${quote(path)}`,
  };
}

/** An answer's file: without it athm asks again. */
export function confirmationSubject(path: string): Subject {
  return { what: "a kept confirmation", path, fix: `remove it: rm ${quote(path)}` };
}

/** Deleting it lets an older file of the series be imported again. */
export function takenSubject(path: string): Subject {
  return {
    what: "the serial number of an imported team file",
    path,
    fix: `compare your profiles with the file, then remove it: rm ${quote(path)}`,
  };
}

/** An assertion's file: deleting it costs one sign-in at the identity provider. */
export function assertionSubject(path: string): Subject {
  return { what: "a kept SAML assertion", path, fix: `remove it: rm ${quote(path)}` };
}

/** A portal's file: deleting it costs one sign-in at the portal. */
export function portalSubject(path: string): Subject {
  return {
    what: "a kept sign-in at an access portal",
    path,
    fix: `remove it and sign in again: rm ${quote(path)}`,
  };
}

/** A console sign-in's file: deleting it costs one sign-in in the browser. */
export function consoleSubject(path: string): Subject {
  return {
    what: "a kept sign-in to the AWS console",
    path,
    fix: `remove it and sign in again: rm ${quote(path)}`,
  };
}

/** A registry's file: deleting it costs one docker-login. */
export function registrySubject(path: string): Subject {
  return {
    what: "the kept password of a registry",
    path,
    fix: `remove it and run docker-login again: rm ${quote(path)}`,
  };
}

export function storeSubject(path: string): Subject {
  return {
    what: "the store",
    path,
    fix: `restore a copy of ${quote(path)}; without its key nothing in that folder can be opened`,
  };
}

export function damaged(subject: Subject, why = "is damaged or was modified"): Failure {
  return new Failure(
    "store-damaged",
    `cannot open ${subject.what}: the file ${subject.path} ${why}`,
    subject.fix,
  );
}

export function newer(subject: Subject): Failure {
  return new Failure(
    "store-newer",
    `${subject.what} was written by a newer version of athm`,
    "update athm, or set ATHM_HOME to another folder",
  );
}
