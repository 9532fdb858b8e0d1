/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Balanced binary search trees (AVL) with the links inside the members.
 * Keys are pairs of words and unique; insert, remove, first and floor are
 * O(log n) with no recursion.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *child[2], *parent;
	uint64_t key, key2;	/* ordered by key, then key2 */
	int8_t balance;		/* height of child[1] - height of child[0] */
};

struct tree {
	struct tree_node *root;
};

/* key and key2 are set by the caller.  The pair must not be there yet. */
void tree_insert(struct tree *t, struct tree_node *n);
void tree_remove(struct tree *t, struct tree_node *n);

/* The member with the lowest key; NULL if there is none. */
struct tree_node *tree_first(const struct tree *t);

/* The member with the highest key <= key (any key2); NULL if none. */
struct tree_node *tree_floor(const struct tree *t, uint64_t key);

struct tree_node *tree_next(const struct tree_node *n);

/* Is it a search tree, balanced, with sound links?  For core_check. */
bool tree_valid(const struct tree *t);

#endif
