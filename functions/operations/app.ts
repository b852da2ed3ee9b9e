import { z } from 'zod';
import { addressBody } from '../forget.ts';
import { healthDetailsView } from '../health.ts';
import { notificationsBody, notificationsView } from '../notifications.ts';
import * as view from '../views.ts';
import type { OperationSpecs } from './spec.ts';

/** What is about the app as a whole. */
export const appOperations = {
  health: { method: 'GET', route: 'health', summary: 'Whether the app is up', answers: { 200: view.health } },
  'health-details': {
    method: 'GET',
    route: 'health/details',
    summary: 'What the app needs outside, just tried; 503 where anything failed, with the same body',
    answers: { 200: healthDetailsView, 503: healthDetailsView },
  },
  openapi: {
    method: 'GET',
    route: 'openapi.json',
    summary: 'This document',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
  'get-notifications': {
    method: 'GET',
    route: 'notifications',
    summary: 'Who is told of what, but for the address and the secret',
    answers: { 200: notificationsView },
    problems: [404],
  },
  'save-notifications': {
    method: 'PUT',
    route: 'notifications',
    summary: 'Who is told of what from now on; nothing is sent',
    headers: ['if-match', 'if-none-match'],
    body: notificationsBody,
    answers: { 200: notificationsView, 201: notificationsView },
    problems: [409, 422, 503],
  },
  'remove-notifications': {
    method: 'DELETE',
    route: 'notifications',
    summary: 'Nobody is told any more',
    headers: ['if-match'],
    answers: { 204: null },
    problems: [404],
  },
  'test-notifications': {
    method: 'POST',
    route: 'notifications/test',
    summary: 'Sends a notification now',
    answers: { 200: z.looseObject({ state: z.literal('delivered') }) },
    problems: [404, 422, 503],
  },
  forget: {
    method: 'POST',
    route: 'forget',
    summary: 'Never exports an address again, and erases what is stored of it; 202 while runs are active',
    body: addressBody,
    answers: { 200: view.forgotten, 202: view.forgotten },
    problems: [422, 503],
  },
  'lift-forgetting': {
    method: 'POST',
    route: 'forget/lift',
    summary: 'The address may be exported again',
    body: addressBody,
    answers: { 200: view.lifted },
    problems: [404, 422, 503],
  },
} as const satisfies OperationSpecs;
