/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AVL trees with parent links, so that neither insertion nor removal needs
 * recursion or a stack of its own.
 */
#include <stddef.h>

#include <tree.h>

static bool
before(const struct tree_node *a, const struct tree_node *b)
{
	return a->key < b->key || (a->key == b->key && a->key2 < b->key2);
}

/* new takes the place of old under old's parent. */
static void
replace_child(struct tree *t, struct tree_node *parent, struct tree_node *old,
		struct tree_node *new)
{
	if (parent == NULL)
		t->root = new;
	else
		parent->child[parent->child[1] == old] = new;
	if (new != NULL)
		new->parent = parent;
}

/* Rotate n down to side dir; its other child comes up. */
static struct tree_node *
rotate(struct tree *t, struct tree_node *n, int dir)
{
	struct tree_node *up = n->child[!dir];

	replace_child(t, n->parent, n, up);
	n->child[!dir] = up->child[dir];
	if (n->child[!dir] != NULL)
		n->child[!dir]->parent = n;
	up->child[dir] = n;
	n->parent = up;
	return up;
}

/* n is too heavy on side dir by two.  Returns the new top of the subtree;
 * its balance is not 0 if the height has not changed. */
static struct tree_node *
rebalance(struct tree *t, struct tree_node *n, int dir)
{
	int8_t sign = dir ? 1 : -1;
	struct tree_node *c = n->child[dir], *g;

	if (c->balance != -sign) {
		rotate(t, n, !dir);
		n->balance = (int8_t)(sign - c->balance);
		c->balance = (int8_t)(c->balance - sign);
		return c;
	}
	g = c->child[!dir];
	rotate(t, c, dir);
	rotate(t, n, !dir);
	n->balance = (int8_t)(g->balance == sign ? -sign : 0);
	c->balance = (int8_t)(g->balance == -sign ? sign : 0);
	g->balance = 0;
	return g;
}

void
tree_insert(struct tree *t, struct tree_node *n)
{
	struct tree_node *p = NULL, **link = &t->root;

	while (*link != NULL) {
		p = *link;
		link = &p->child[before(p, n)];
	}
	n->child[0] = n->child[1] = NULL;
	n->parent = p;
	n->balance = 0;
	*link = n;
	for (; p != NULL; n = p, p = p->parent) {
		int dir = p->child[1] == n;

		p->balance = (int8_t)(p->balance + (dir ? 1 : -1));
		if (p->balance == 0)
			return;
		if (p->balance == 2 || p->balance == -2) {
			rebalance(t, p, dir);
			return;
		}
	}
}

/* The subtree on side dir of p has become lower by one. */
static void
shrunk(struct tree *t, struct tree_node *p, int dir)
{
	while (p != NULL) {
		struct tree_node *top = p;

		p->balance = (int8_t)(p->balance + (dir ? -1 : 1));
		if (p->balance == 1 || p->balance == -1)
			return;
		if (p->balance != 0) {
			top = rebalance(t, p, !dir);
			if (top->balance != 0)
				return;
		}
		p = top->parent;
		if (p != NULL)
			dir = p->child[1] == top;
	}
}

/* next, the successor of n and without a left child, takes n's place. */
static void
remove_inner(struct tree *t, struct tree_node *n, struct tree_node *next)
{
	struct tree_node *low = next->parent;
	int dir = 0;

	if (low == n) {
		low = next;
		dir = 1;
	} else {
		replace_child(t, low, next, next->child[1]);
		next->child[1] = n->child[1];
		next->child[1]->parent = next;
	}
	next->child[0] = n->child[0];
	next->child[0]->parent = next;
	next->balance = n->balance;
	replace_child(t, n->parent, n, next);
	shrunk(t, low, dir);
}

/* Once in the kernel, not once for each that leaves a tree: it is long, and
 * who comes here has more to do anyway. */
__attribute__((noinline)) void
tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node *p = n->parent;
	int dir;

	if (n->child[0] != NULL && n->child[1] != NULL) {
		remove_inner(t, n, tree_next(n));
		return;
	}
	dir = p != NULL && p->child[1] == n;
	replace_child(t, p, n, n->child[n->child[0] == NULL]);
	shrunk(t, p, dir);
}

struct tree_node *
tree_first(const struct tree *t)
{
	struct tree_node *n = t->root;

	while (n != NULL && n->child[0] != NULL)
		n = n->child[0];
	return n;
}

struct tree_node *
tree_floor(const struct tree *t, uint64_t key)
{
	struct tree_node *n = t->root, *best = NULL;

	while (n != NULL) {
		if (n->key <= key)
			best = n;
		n = n->child[n->key <= key];
	}
	return best;
}

struct tree_node *
tree_next(const struct tree_node *n)
{
	struct tree_node *p;

	if (n->child[1] != NULL) {
		p = n->child[1];
		while (p->child[0] != NULL)
			p = p->child[0];
		return p;
	}
	p = n->parent;
	while (p != NULL && p->child[1] == n) {
		n = p;
		p = p->parent;
	}
	return p;
}

/* Of a balanced tree only: follow the heavier side. */
static int
height(const struct tree_node *n)
{
	int h = 0;

	for (; n != NULL; n = n->child[n->balance > 0])
		h++;
	return h;
}

static bool
node_valid(const struct tree_node *n)
{
	for (int i = 0; i < 2; i++)
		if (n->child[i] != NULL && n->child[i]->parent != n)
			return false;
	if (n->balance < -1 || n->balance > 1)
		return false;
	return height(n->child[1]) - height(n->child[0]) == n->balance;
}

bool
tree_valid(const struct tree *t)
{
	const struct tree_node *n = tree_first(t), *next;

	if (t->root != NULL && t->root->parent != NULL)
		return false;
	for (; n != NULL; n = next) {
		if (!node_valid(n))
			return false;
		next = tree_next(n);
		if (next != NULL && !before(n, next))
			return false;
	}
	return true;
}
