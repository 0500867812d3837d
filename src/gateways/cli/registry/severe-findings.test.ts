import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '#core/signature';
import { severeFindings } from './severe-findings.ts';

const finding = (message: string, more: Partial<Finding> = {}): Finding => ({
  rule: 'scan/embedded-secret',
  severity: 'high',
  message,
  place: 'data',
  ...more,
});

test('[trust.held] another finding in the place of one that was accepted is another, also where lines are cut', () => {
  const of = (...findings: Finding[]): string => severeFindings({ findings }).join('|');
  assert.equal(of(finding('a'), finding('b', { severity: 'medium' })), 'scan/embedded-secret data: a');
  assert.notEqual(of(finding('a')), of(finding('b')));
  const long = 'x'.repeat(5_000);
  assert.notEqual(of(finding(`${long}a`)), of(finding(`${long}b`)));
  const many = Array.from({ length: 400 }, (_, i) => finding(`${'"'.repeat(290)}${i}`, { place: `${i}` }));
  const kept = severeFindings({ findings: many });
  assert.equal(kept.length, 100);
  assert.ok(JSON.stringify(kept).length < 62 * 1024, 'it fits into the record of a component');
  assert.notEqual(of(...many), of(...many.with(399, finding('else'))));
});
