import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { privacyStatement } from '../../shared/domain/privacy-statement.ts';

test('a text that changes takes a new wording: consents name what was agreed to', () => {
  const { wording, text } = privacyStatement;
  expect([wording, hash('sha256', text, 'hex').slice(0, 16)]).toEqual(['2026-11-22', '4d3736c5e6ebe5fd']);
});
