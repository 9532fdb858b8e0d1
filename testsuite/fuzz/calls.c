/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "calls.h"

uint8_t
call_byte(struct call_input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->bytes++;
}

/* One byte for most words: small numbers, or the edges of a type. */
uint64_t
call_word(struct call_input *in)
{
	uint8_t kind = call_byte(in);
	uint64_t v = 0;
	unsigned int i;

	if (kind < 0x40)
		return kind & 7;
	if (kind < 0xc0)
		return kind;
	if (kind < 0xe0)
		return -(uint64_t)(kind - 0xbf);
	if (kind < 0xf8)
		return (1ull << (kind & 7) * 8) - (kind & 8 ? 1 : 0);
	for (i = 0; i < 8; i++)
		v |= (uint64_t)call_byte(in) << 8 * i;
	return v;
}

static bool
is_tail(char letter)
{
	return letter == '.' || letter == '$';
}

unsigned int
call_nwords(const char *params, size_t tail_len)
{
	unsigned int n = (unsigned int)strlen(params);

	if (strchr(params, '.'))
		return n - 1 + (unsigned int)tail_len;
	if (strchr(params, '$'))
		return n + (unsigned int)((tail_len + 7) / 8);
	return n;
}

static bool
fits(const struct call_table *table, char letter, uint64_t word)
{
	int64_t s = (int64_t)word;
	const int64_t *e;
	int64_t i;

	switch (letter) {
	case 'b': return word <= 1;
	case '1': return word <= UINT8_MAX;
	case '2': return word <= UINT16_MAX;
	case '4': return word <= UINT32_MAX;
	case '8': return true;
	case 'i': return s >= INT8_MIN && s <= INT8_MAX;
	case 'j': return s >= INT16_MIN && s <= INT16_MAX;
	case 'k': return s >= INT32_MIN && s <= INT32_MAX;
	case 'l': return true;
	default: break;
	}
	fuzz_check(letter >= 'A' && letter <= 'Z');
	e = table->enums[letter - 'A'];
	for (i = 1; i <= e[0]; i++)
		if (e[i] == s)
			return true;
	return false;
}

uint64_t
call_narrow(char letter, uint64_t word)
{
	switch (letter) {
	case 'b': return word != 0;
	case '1': return (uint8_t)word;
	case '2': return (uint16_t)word;
	case '4': return (uint32_t)word;
	case 'i': return (uint64_t)(int8_t)word;
	case 'j': return (uint64_t)(int16_t)word;
	case 'k': return (uint64_t)(int32_t)word;
	default: return word;
	}
}

bool
call_valid(const struct call_table *table, const char *params,
		unsigned int caps, bool more, const struct call_message *msg)
{
	unsigned int n = helios_tag_nwords(msg->tag), i;
	unsigned int ncaps = helios_tag_ncaps(msg->tag);

	if (more ? ncaps < caps : ncaps != caps)
		return false;
	for (i = 0; params[i] && !is_tail(params[i]); i++)
		if (i >= n || !fits(table, params[i], msg->words[i]))
			return false;
	if (params[i] == '.')
		return true;
	if (params[i] == '$')
		return i < n && msg->words[i] <= IPC_BYTES_MAX(i) &&
			n == i + 1 + (msg->words[i] + 7) / 8;
	return n == i;
}

/* Put what makes the length of bytes agree with the number of words. */
static unsigned int
right_nwords(const char *params, unsigned int nwords,
		struct call_message *out)
{
	unsigned int i = (unsigned int)strcspn(params, ".$");

	if (params[i] == '.')
		return nwords < i ? i : nwords;
	if (params[i] != '$')
		return i;
	nwords = nwords <= i ? i + 1 : nwords;
	/* Up to 7 bytes fewer than there is room for. */
	out->words[i] = 8 * (uint64_t)(nwords - i - 1);
	if (out->words[i] > 0)
		out->words[i] -= out->words[i + 1] % 8;
	return nwords;
}

void
call_make(uint64_t label, const char *params, unsigned int caps,
		struct call_input *in, struct call_message *out)
{
	unsigned int nwords, ncaps, i;
	uint8_t how = call_byte(in);

	nwords = call_byte(in) % (HELIOS_MSG_WORDS + 1);
	ncaps = call_byte(in) % (HELIOS_MSG_CAPS + 1);
	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		out->words[i] = call_word(in);
	if (how & 1)
		nwords = right_nwords(params, nwords, out);
	if (how & 2)
		ncaps = caps;
	out->tag = helios_tag(label, nwords, ncaps);
}
