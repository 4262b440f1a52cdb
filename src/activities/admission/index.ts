// The default rules of admission; a cluster type with needs of its own gets an entry under byType.
import type { AdmissionRules } from '../../store/contract.ts';
import { allocate } from './allocate.ts';
import { gather } from './gather.ts';

export const admissionRules: AdmissionRules = { gather, allocate };
