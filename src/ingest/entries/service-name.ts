// The label service_name, which every stream gets.
import { type Labels, labelsFromPairs, labelValue } from '../../model/labels.ts';

/**
 * Labels with `service_name`: as they are when they have one or discovery is off (`candidates` empty), else with the
 * value of the first candidate present, else `unknown_service`.
 */
export function withServiceName(labels: Labels, candidates: readonly string[]): Labels {
  if (candidates.length === 0 || labelValue(labels, 'service_name') !== undefined) return labels;
  let service = 'unknown_service';
  for (const name of candidates) {
    const value = labelValue(labels, name);
    if (value !== undefined && value !== '') {
      service = value;
      break;
    }
  }
  return labelsFromPairs([...labels, ['service_name', service]]);
}
