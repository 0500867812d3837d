import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWaitingQuestions } from './waiting-questions.ts';

const given = (place: (() => void) | string): (() => void) => {
  assert.equal(typeof place, 'function', String(place));
  return place as () => void;
};

test('[mcp.fair] half of a component’s instances may wait for answers, half of those for one client', () => {
  const { enter } = createWaitingQuestions({ ofClient: 99, components: 9 });
  for (let i = 0; i < 4; i += 1) given(enter('a:b@1.0.0', 16, 'one'));
  assert.match(String(enter('a:b@1.0.0', 16, 'one')), /^busy: the caller has left/);
  const two = Array.from({ length: 4 }, () => given(enter('a:b@1.0.0', 16, 'two')));
  assert.match(String(enter('a:b@1.0.0', 16, 'three')), /^busy: 8 questions of a:b@1.0.0 wait/);
  given(enter('c:d@1.0.0', 16, 'three'));
  two[0]?.();
  two[0]?.();
  given(enter('a:b@1.0.0', 16, 'three'));
  assert.match(String(enter('a:b@1.0.0', 16, 'four')), /^busy/, 'a place is given back once');
});

test('[mcp.fair] a component of one instance can ask all the same', () => {
  const { enter } = createWaitingQuestions({ ofClient: 99, components: 9 });
  const back = given(enter('a:b@1.0.0', 1, 'one'));
  assert.match(String(enter('a:b@1.0.0', 1, 'two')), /^busy/);
  back();
  given(enter('a:b@1.0.0', 1, 'two'));
});

test('[mcp.fair] one client’s questions are bounded over all components, and the components that wait', () => {
  const { enter } = createWaitingQuestions({ ofClient: 2, components: 3 });
  given(enter('a:a@1.0.0', 16, 'one'));
  const back = given(enter('a:b@1.0.0', 16, 'one'));
  assert.match(String(enter('a:c@1.0.0', 16, 'one')), /^busy: the caller has left/);
  given(enter('a:c@1.0.0', 16, 'two'));
  assert.match(String(enter('a:d@1.0.0', 16, 'two')), /^busy: 3 components wait/);
  back();
  given(enter('a:d@1.0.0', 16, 'two'));
});
