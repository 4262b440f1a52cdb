// What the store will have in a moment: asking again is the answer.
import { ApplicationFailure } from '@temporalio/common';

export const notYet = (message: string): ApplicationFailure => ApplicationFailure.retryable(message, 'NOT_YET');
