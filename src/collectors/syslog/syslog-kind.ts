// Syslog senders as a source.
import { type CollectorKind, type Detection, decided, isOff } from '../collector-kind.ts';
import type { SyslogSettings } from '../settings.ts';

export const syslogKind: CollectorKind<SyslogSettings> = {
  detect: async (settings) => detect(settings),
  create: async (settings) => {
    const { SyslogCollector } = await import('./syslog-collector.ts');
    return new SyslogCollector(settings);
  },
  ownLabel: { name: 'job', value: 'syslog' },
};

function detect({ enabled, listenAddress, tcpPort, tlsPort, udpPort }: SyslogSettings): Detection {
  const ports = Object.entries({ TCP: tcpPort, TLS: tlsPort, UDP: udpPort }).filter(([, port]) => port > 0);
  if (enabled === false) return isOff('syslog', ' by configuration');
  if (ports.length === 0) return isOff('syslog', ', no port is configured');
  const where = ports.map(([kind, port]) => `${kind} ${port}`).join(', ');
  return decided('syslog', enabled, '', `${listenAddress}, ${where}`);
}
