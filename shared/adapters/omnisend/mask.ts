const maxLength = 200;
/** Longer text is cut before it is searched, so that a strange answer costs little. */
const maxSearched = 4_000;

const address = /[^\s"<>(),;:[\]]*(?:@|%40)[^\s"<>(),;[\]]*/gi;
const apiKey = /\b[0-9a-f]{24}-[A-Za-z0-9]+/gi;
/** 20 and more characters with a digit and a letter among them: a key, a token or an id. */
const token = /(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}/g;
/** Seven digits and more, grouped or not: telephones, dates, account numbers. */
const digits = /\+?\d(?:[\s().-]{0,2}\d){6,}/g;
/** Line breaks and invisible characters, which could forge a log line. */
const control = /[\p{Cc}\p{Cf}]+/gu;

const cap = (text: string): string => (text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text);

// Only what is special in a pattern may be escaped under the `u` flag: a needless escape is an error there.
const whole = (value: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu');

/**
 * Omnisend's words without what identifies a person or opens a door: the values that we sent, addresses, keys and
 * long numbers are replaced; at most 200 characters.
 */
export const maskText = (text: string, sent: readonly string[] = []): string => {
  const searched = text.slice(0, maxSearched).replace(control, ' ');
  const longestFirst = sent.filter((value) => value.length > 1).sort((a, b) => b.length - a.length);
  const withoutSent = longestFirst.reduce((left, value) => left.replace(whole(value), '[value]'), searched);
  return cap(
    withoutSent
      .replace(address, '[address]')
      .replace(apiKey, '[key]')
      .replace(token, '[key]')
      .replace(digits, '[number]')
      .trim(),
  );
};

const isPath = /^[\w.[\]-]*$/;

/** A field's path. Names of custom properties are long and hold digits, so a path is not searched for tokens. */
export const maskField = (path: string, sent: readonly string[] = []): string =>
  isPath.test(path) ? cap(path.replace(apiKey, '[key]').replace(digits, '[number]')) : maskText(path, sent);
