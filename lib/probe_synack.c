/*
 * TCP SYN-ACK (RFC 9293): a host that asked for no connection answers RST,
 * with our acknowledgement number as its sequence number.
 */

#include "seq.h"

const struct probe_type probe_synack = {
	.name = "synack",
	.summary = "TCP SYN-ACK",
	.proto4 = PROTO_TCP,
	.proto6 = PROTO_TCP,
	.sport = 62000,
	.dport = 443,
	.nports = SEQ_FLOWS,
	.tcp_flags = SEQ_SYN | SEQ_ACK,
	.body = seq_body,
	.fill = seq_fill_acked,
	.match = seq_match_reset,
	.answer = seq_answer_reset,
};
