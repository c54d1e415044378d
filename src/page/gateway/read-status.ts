// Asks the gateway about itself.
import { requestJson } from './requests.ts';
import type { Status } from './status.ts';

export const readStatus = async (): Promise<Status> => (await requestJson('api/status', {})) as Status;
