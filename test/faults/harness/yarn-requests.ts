// Requests to a ResourceManager, told apart by their first line.

export const isGetId = (head: string): boolean => head.startsWith('POST /ws/v1/cluster/apps/new-application');
export const isSubmit = (head: string): boolean => head.startsWith('POST /ws/v1/cluster/apps?');
export const isKill = (head: string): boolean => /^PUT \/ws\/v1\/cluster\/apps\/application_\d+_\d+\/state\?/.test(head);
