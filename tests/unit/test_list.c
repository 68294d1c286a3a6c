/* SPDX-License-Identifier: BSD-3-Clause */
/* The two intrusive lists, step by step and at random against arrays. */
#include "unit/unit.h"

#include "base/list.h"

enum { ITEM_CNT = 24 };

struct item {
    int id;
    struct usctp__list link;
    struct usctp__qlink qlink;
};

static struct item *of_link(struct usctp__list *link)
{
    return link != NULL ? USCTP__CONTAINER_OF(link, struct item, link) : NULL;
}

static struct item *of_qlink(struct usctp__qlink *qlink)
{
    return qlink != NULL ? USCTP__CONTAINER_OF(qlink, struct item, qlink) : NULL;
}

/* An array that does what the list does. */
struct model {
    struct item *items[ITEM_CNT];
    size_t cnt;
};

static void model_insert(struct model *model, size_t at, struct item *item)
{
    memmove(&model->items[at + 1], &model->items[at], (model->cnt - at) * sizeof(item));
    model->items[at] = item;
    model->cnt++;
}

static struct item *model_remove(struct model *model, size_t at)
{
    struct item *item = model->items[at];

    model->cnt--;
    memmove(&model->items[at], &model->items[at + 1], (model->cnt - at) * sizeof(item));
    return item;
}

static void check_list(const struct usctp__list *head, const struct model *model)
{
    size_t i = 0;

    assert_int_equal(usctp__list_empty(head), model->cnt == 0);
    USCTP__LIST_FOREACH(node, head)
    {
        assert_true(i < model->cnt);
        assert_ptr_equal(of_link(node), model->items[i]);
        assert_true(usctp__list_linked(node));
        assert_ptr_equal(of_link(usctp__list_prev(head, node)), i > 0 ? model->items[i - 1] : NULL);
        i++;
        assert_ptr_equal(of_link(usctp__list_next(head, node)),
                         i < model->cnt ? model->items[i] : NULL);
    }
    assert_int_equal(i, model->cnt);
    assert_ptr_equal(of_link(usctp__list_first(head)), i > 0 ? model->items[0] : NULL);
    assert_ptr_equal(of_link(usctp__list_last(head)), i > 0 ? model->items[i - 1] : NULL);
}

static void random_list(void **state)
{
    struct item items[ITEM_CNT];
    struct usctp__list head;
    struct model model = {{NULL}, 0};
    uint64_t seed = 11;

    (void)state;
    memset(items, 0, sizeof(items));
    usctp__list_init(&head);
    for (int step = 0; step < 5000; step++) {
        struct item *item = &items[prng_below(&seed, ITEM_CNT)];
        size_t at = 0;

        if (usctp__list_linked(&item->link)) {
            while (model.items[at] != item) {
                at++;
            }
            usctp__list_remove(&item->link);
            (void)model_remove(&model, at);
            assert_false(usctp__list_linked(&item->link));
        } else if (model.cnt == 0 || prng_below(&seed, 3) == 0) {
            bool front = prng_below(&seed, 2) == 0;

            (front ? usctp__list_push_front : usctp__list_push_back)(&head, &item->link);
            model_insert(&model, front ? 0 : model.cnt, item);
        } else {
            at = prng_below(&seed, model.cnt);
            if (prng_below(&seed, 2) == 0) {
                usctp__list_insert_before(&model.items[at]->link, &item->link);
                model_insert(&model, at, item);
            } else {
                usctp__list_insert_after(&model.items[at]->link, &item->link);
                model_insert(&model, at + 1, item);
            }
        }
        check_list(&head, &model);
    }
}

static void splice_and_pop(void **state)
{
    struct item items[6];
    struct usctp__list a;
    struct usctp__list b;
    struct model model = {{NULL}, 0};

    (void)state;
    memset(items, 0, sizeof(items));
    usctp__list_init(&a);
    usctp__list_init(&b);
    usctp__list_splice(&a, &b);
    assert_true(usctp__list_empty(&a));
    for (size_t i = 0; i < 6; i++) {
        usctp__list_push_back(i < 2 ? &a : &b, &items[i].link);
        model_insert(&model, i, &items[i]);
    }
    usctp__list_splice(&a, &b);
    assert_true(usctp__list_empty(&b));
    check_list(&a, &model);
    usctp__list_splice(&b, &a);
    assert_true(usctp__list_empty(&a));
    check_list(&b, &model);
    USCTP__LIST_FOREACH_SAFE(node, tmp, &b)
    {
        if (node == &items[2].link || node == &items[5].link) {
            usctp__list_remove(node);
        }
    }
    assert_ptr_equal(of_link(usctp__list_pop_front(&b)), &items[0]);
    assert_ptr_equal(of_link(usctp__list_pop_front(&b)), &items[1]);
    assert_ptr_equal(of_link(usctp__list_pop_front(&b)), &items[3]);
    assert_ptr_equal(of_link(usctp__list_pop_front(&b)), &items[4]);
    assert_null(usctp__list_pop_front(&b));
}

static void check_queue(const struct usctp__queue *queue, const struct model *model)
{
    const struct usctp__qlink *link = queue->first;

    assert_int_equal(usctp__queue_empty(queue), model->cnt == 0);
    for (size_t i = 0; i < model->cnt; i++) {
        assert_ptr_equal(link, &model->items[i]->qlink);
        if (i + 1 == model->cnt) {
            assert_ptr_equal(queue->last, link);
        }
        link = link->next;
    }
    assert_null(link);
    assert_ptr_equal(of_qlink(usctp__queue_peek(queue)), model->cnt > 0 ? model->items[0] : NULL);
}

/* Puts one of the unused items somewhere, or takes one from somewhere. */
static void queue_step(struct usctp__queue *queue, struct model *model, struct model *unused,
                       uint64_t *seed)
{
    size_t at = prng_below(seed, model->cnt + 1);
    struct usctp__qlink *prev = at > 0 ? &model->items[at - 1]->qlink : NULL;
    struct item *item;

    if (unused->cnt > 0 && prng_below(seed, 2) == 0) {
        item = model_remove(unused, 0);
        switch (prng_below(seed, 3)) {
        case 0:
            usctp__queue_push(queue, &item->qlink);
            at = model->cnt;
            break;
        case 1:
            usctp__queue_push_front(queue, &item->qlink);
            at = 0;
            break;
        default:
            usctp__queue_insert_after(queue, prev, &item->qlink);
        }
        model_insert(model, at, item);
        return;
    }
    if (prng_below(seed, 2) == 0) {
        prev = NULL;
        at = 0;
        item = of_qlink(usctp__queue_pop(queue));
    } else {
        item = of_qlink(usctp__queue_remove_after(queue, prev));
    }
    if (at == model->cnt) {
        assert_null(item);
    } else {
        assert_ptr_equal(item, model_remove(model, at));
        model_insert(unused, unused->cnt, item);
    }
}

static void random_queue(void **state)
{
    struct item items[ITEM_CNT];
    struct usctp__queue queue;
    struct model model = {{NULL}, 0};
    struct model unused = {{NULL}, 0};
    uint64_t seed = 12;

    (void)state;
    usctp__queue_init(&queue);
    for (size_t i = 0; i < ITEM_CNT; i++) {
        model_insert(&unused, i, &items[i]);
    }
    for (int step = 0; step < 5000; step++) {
        queue_step(&queue, &model, &unused, &seed);
        check_queue(&queue, &model);
    }
}

static void queue_append(void **state)
{
    struct item items[4];
    struct usctp__queue a;
    struct usctp__queue b;
    struct model model = {{NULL}, 0};

    (void)state;
    memset(&a, 0, sizeof(a));
    usctp__queue_init(&b);
    usctp__queue_append(&a, &b);
    assert_true(usctp__queue_empty(&a));
    for (size_t i = 0; i < 4; i++) {
        usctp__queue_push(i < 2 ? &a : &b, &items[i].qlink);
        model_insert(&model, i, &items[i]);
    }
    usctp__queue_append(&a, &b);
    assert_true(usctp__queue_empty(&b));
    check_queue(&a, &model);
    usctp__queue_append(&b, &a);
    assert_true(usctp__queue_empty(&a));
    check_queue(&b, &model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_list),
        cmocka_unit_test(splice_and_pop),
        cmocka_unit_test(random_queue),
        cmocka_unit_test(queue_append),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
