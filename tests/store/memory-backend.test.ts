import { storeContract } from './contract.ts';
import { openMemoryBackend } from './memory-backend.ts';

storeContract('store of the tests', async () => openMemoryBackend());
