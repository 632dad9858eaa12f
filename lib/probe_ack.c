/*
 * TCP ACK of a connection that there is not (RFC 9293): answered RST, with
 * our acknowledgement number as its sequence number.
 */

#include "seq.h"

const struct probe_type probe_ack = {
	.name = "ack",
	.summary = "TCP ACK",
	.proto4 = PROTO_TCP,
	.proto6 = PROTO_TCP,
	.sport = 64000,
	.dport = 80,
	.nports = SEQ_FLOWS,
	.tcp_flags = SEQ_ACK,
	.body = seq_body,
	.fill = seq_fill_acked,
	.match = seq_match_reset,
	.answer = seq_answer_reset,
};
