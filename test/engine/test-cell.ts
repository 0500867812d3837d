import { startCell } from '#engine/cell-main';
import { testServices } from './test-services.ts';

startCell(testServices);
