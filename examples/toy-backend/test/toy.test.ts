import { describeBackend } from '@sinkhorn/conformance';
import { toy } from 'toy-backend';

describeBackend('toy', toy);
