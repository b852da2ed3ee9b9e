import type { Control } from './control.ts';
import { createThrottle, type Limits, type Refusal, SERVICE_LIMITS } from './throttle.ts';

export type Settings = {
  readonly forbidden: readonly string[];
  readonly prefixFilter: 'supported' | 'unsupported';
  readonly segmentFilterForm: 'escaped' | 'plain';
  readonly segmentMetadata: 'present' | 'absent';
  readonly droppedColumns: readonly string[];
  readonly pageDelayMs: number;
  readonly tokenLifetimeSeconds: number;
  readonly dopHint: number;
};

export type Switches = ReturnType<typeof createSwitches>;

/** Faults that are switched on from outside, and the figures of what was asked and answered. */
export function createSwitches(
  initial: Pick<Settings, 'pageDelayMs' | 'tokenLifetimeSeconds'>,
  now: () => number,
) {
  let settings: Settings = {
    forbidden: [],
    prefixFilter: 'supported',
    segmentFilterForm: 'escaped',
    segmentMetadata: 'present',
    droppedColumns: [],
    dopHint: 10,
    ...initial,
  };
  let limits: Limits = SERVICE_LIMITS;
  let refusals: { readonly left: number; readonly refusal: Refusal } | null = null;
  let failures = { left: 0, status: 503 };
  let figures: Record<string, number> = {};
  const throttle = createThrottle(now);

  return {
    throttle,
    limits: () => limits,
    current: () => settings,
    count(name: string, by = 1) {
      figures[name] = (figures[name] ?? 0) + by;
    },
    figures: () => ({ ...figures, ...throttle.figures() }),
    takeRefusal(): Refusal | null {
      if (refusals === null || refusals.left === 0) return null;
      refusals = { ...refusals, left: refusals.left - 1 };
      return refusals.refusal;
    },
    /** The status to fail with, or null. */
    takeFailure(): number | null {
      if (failures.left === 0) return null;
      failures = { ...failures, left: failures.left - 1 };
      return failures.status;
    },
    apply(control: Control) {
      const { throttleNext, failNext, limits: changed, resetFigures } = control;
      settings = {
        forbidden: control.forbidden ?? settings.forbidden,
        prefixFilter: control.prefixFilter ?? settings.prefixFilter,
        segmentFilterForm: control.segmentFilterForm ?? settings.segmentFilterForm,
        segmentMetadata: control.segmentMetadata ?? settings.segmentMetadata,
        droppedColumns: control.droppedColumns ?? settings.droppedColumns,
        pageDelayMs: control.pageDelayMs ?? settings.pageDelayMs,
        tokenLifetimeSeconds: control.tokenLifetimeSeconds ?? settings.tokenLifetimeSeconds,
        dopHint: control.dopHint ?? settings.dopHint,
      };
      if (throttleNext) {
        const { count, kind, retryAfterSeconds } = throttleNext;
        refusals = { left: count, refusal: { kind, retryAfterSeconds } };
      }
      if (failNext) failures = { left: failNext.count, status: failNext.status };
      if (changed) {
        limits = {
          windowSeconds: changed.windowSeconds ?? limits.windowSeconds,
          requests: changed.requests ?? limits.requests,
          executionSeconds: changed.executionSeconds ?? limits.executionSeconds,
          concurrent: changed.concurrent ?? limits.concurrent,
        };
      }
      if (resetFigures) {
        figures = {};
        throttle.reset();
      }
    },
  };
}
