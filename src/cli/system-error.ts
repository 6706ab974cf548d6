/** What to tell of a file or folder that cannot be used as it is, for which the user can do something; `undefined`: of any other error. */
export function describeSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code = '', path, syscall = '' } = error as NodeJS.ErrnoException
  if (!Object.hasOwn(reasons, code) || !Object.hasOwn(verbs, syscall)) return undefined
  return `ccr: ${path ?? 'a file'} cannot be ${verbs[syscall]}: ${reasons[code]} (${code})`
}

const verbs: Readonly<Record<string, string>> = {
  copyfile: 'copied',
  mkdir: 'made',
  mkdtemp: 'made',
  open: 'opened',
  rename: 'renamed',
  rm: 'removed',
  scandir: 'read',
  unlink: 'removed',
  write: 'written',
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EDQUOT: 'the quota of this user is used up',
  EFBIG: 'no file may become so large here',
  EIO: 'the disk fails',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in circles',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EPERM: 'this user may not',
  EROFS: 'the disk can only be read',
}
